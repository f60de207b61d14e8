namespace Fovea.Tests;

public sealed class PictureTests : InFolder
{
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    private (int Width, int Height) SizeOf(string name)
    {
        var bytes = File.ReadAllBytes(Place(name));
        Assert.Equal(Signature, bytes[..8]);
        int Number(int at) => (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
        return (Number(16), Number(20));
    }

    [Fact]
    public void CurvesArePlotted()
    {
        var y = new[] { 1, 0.5, double.NaN, 0.25 };
        Picture.Plot(Place("plain.png"), [new() { Y = y }]);
        Assert.Equal((800, 500), SizeOf("plain.png"));
        Picture.Plot(Place("full.png"),
            [new() { Label = "one", X = new[] { 1.0, 2, 4, 8 }, Y = y }, new() { Label = "two", Y = new[] { 3.0, 2 } }],
            new() { Width = 320, Height = 200, LogY = true, Title = "title", XLabel = "x", YLabel = "y" });
        Assert.Equal((320, 200), SizeOf("full.png"));
    }

    [Fact]
    public void ImagesAreTiled()
    {
        Picture.Grid(Place("grid.png"), Tensor.Of(new byte[6 * 4 * 4], [6, 4, 4, 1]), new() { Columns = 3, Zoom = 2 });
        var (width, height) = SizeOf("grid.png");
        Assert.True(width > height && width >= 3 * 8);
        Picture.Grid(Place("colour.png"), Tensor.Of(new double[2 * 4 * 4 * 3], [2, 4, 4, 3]), new() { SharedRange = true });
        SizeOf("colour.png");
    }

    [Fact]
    public void FiltersAreDrawn()
    {
        using var context = new Context(new() { Threads = 1 });
        using var model = Small.Digits(context);
        Picture.Filters(Place("filters.png"), model.GetTensor<float>("conv.kernel"));
        SizeOf("filters.png");
    }

    [Fact]
    public void ErrorsAreTold()
    {
        Small.Fails(ErrorCode.InvalidArgument, () => Picture.Plot(Place("x.png"), new Curve[17].Select(_ => new Curve { Y = new[] { 1.0 } }).ToArray()));
        Small.Fails(ErrorCode.InvalidArgument,
            () => Picture.Plot(Place("x.png"), [new() { Y = new[] { 1.0 } }], new() { Width = 3 }));
        Small.Fails(ErrorCode.InvalidArgument, () => Picture.Grid(Place("x.png"), Tensor.Of(new byte[4], [4])));
        Small.Fails(ErrorCode.NotFound, () => Picture.Grid(Place("no/x.png"), Tensor.Of(new byte[4], [1, 2, 2, 1])));
        Assert.Throws<ArgumentException>(
            () => Picture.Plot(Place("x.png"), [new() { X = new[] { 1.0, 2 }, Y = new[] { 1.0 } }]));
        Assert.False(File.Exists(Place("x.png")));
    }
}
