namespace Fovea.Tests;

/// <summary>The small types that only live in C#.</summary>
public sealed class ValueTests
{
    [Fact]
    public void ShapesAreValues()
    {
        Shape shape = [28, 30, 1];
        Assert.Equal(3, shape.Rank);
        Assert.Equal(30, shape[1]);
        Assert.Equal(840, shape.Elements);
        Assert.Equal("[28, 30, 1]", shape.ToString());
        Assert.Equal([2, 28, 30, 1], shape.Prepend(2));
        Assert.True(shape == Shape.Create([28, 30, 1]));
        Assert.True(shape != Shape.Create([28, 30]));
        Assert.Equal(shape.GetHashCode(), Shape.Create([28, 30, 1]).GetHashCode());
        Assert.Equal([28L, 30, 1], shape.ToArray());
        Assert.Equal(1, default(Shape).Elements);
        Assert.Throws<ArgumentOutOfRangeException>(() => shape[3]);
        Assert.Throws<ArgumentException>(() => Shape.Create(new long[9]));
        Assert.Throws<OverflowException>(() => Shape.Create([long.MaxValue, 2]).Elements);
        Assert.Throws<InvalidOperationException>(() => Shape.Create(new long[8]).Prepend(1));
    }

    [Fact]
    public void SizesReadWell()
    {
        Size2D both = 3;
        Size2D two = (3, 5);
        Assert.Equal(new Size2D(3, 3), both);
        Assert.Equal(new Size2D(3, 5), two);
        Edges all = 1;
        Assert.Equal(new Edges(1, 1, 1, 1), all);
    }

    [Fact]
    public void TensorsReferToTheirMemory()
    {
        var values = new float[6];
        var tensor = Tensor.Of(values, [2, 3]);
        values[4] = 7;
        Assert.Equal(7, tensor.Span[4]);
        Assert.Equal(DType.F32, tensor.DType);
        Assert.Equal(DType.I64, Tensor.Of(new long[1], [1]).DType);
        Assert.Throws<NotSupportedException>(() => Tensor.Of(new char[1], [1]));
        Assert.Equal(0, TensorBuffer.Over(new double[4]).Span.Length);
        Assert.Equal(0, TensorBuffer.Over(new double[4].AsMemory(1)).Shape.Rank);
    }

    [Fact]
    public void ExceptionsCarryCodeAndNode()
    {
        var e = new FoveaException(ErrorCode.Format, "broken at byte 7", new Node(12));
        Assert.Equal((ErrorCode.Format, "broken at byte 7", new Node(12)), (e.Code, e.Message, e.Node));
        Assert.Equal(ErrorCode.Internal, new FoveaException().Code);
        Assert.Equal("m", new FoveaException("m").Message);
        Assert.IsType<IOException>(new FoveaException("m", new IOException()).InnerException);
    }
}
