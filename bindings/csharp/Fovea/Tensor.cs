using System.Buffers;

namespace Fovea;

/// <summary>
/// A dense tensor in the host's memory, batch first, channels last, that calls read. It refers to the memory and copies
/// nothing: <c>Tensor.Of(pixels, [count, 28, 28, 1])</c>.
/// </summary>
public abstract class Tensor
{
    private protected Tensor(DType dtype, Shape shape) => (DType, Shape) = (dtype, shape);

    /// <summary>The element type.</summary>
    public DType DType { get; }

    /// <summary>The extents, the batch included.</summary>
    public Shape Shape { get; }

    /// <summary>A tensor over an array.</summary>
    /// <exception cref="ArgumentException">The array's length is not the shape's number of elements.</exception>
    public static Tensor<T> Of<T>(T[] data, Shape shape) where T : unmanaged => new(data, shape);

    /// <summary>A tensor over any contiguous memory.</summary>
    /// <exception cref="ArgumentException">The memory's length is not the shape's number of elements.</exception>
    public static Tensor<T> Of<T>(ReadOnlyMemory<T> data, Shape shape) where T : unmanaged => new(data, shape);

    internal abstract MemoryHandle Pin();

    internal unsafe fv_tensor Native(in MemoryHandle pin)
    {
        var tensor = new fv_tensor { data = pin.Pointer, dtype = (int)DType, rank = Shape.Rank };
        Shape.CopyTo(new Span<long>(tensor.shape, Shape.MaxRank));
        return tensor;
    }
}

/// <summary>A tensor of a known element type: <see cref="float"/>, <see cref="double"/>, <see cref="byte"/>,
/// <see cref="int"/> or <see cref="long"/>.</summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed class Tensor<T> : Tensor where T : unmanaged
{
    /// <summary>A tensor over memory.</summary>
    /// <exception cref="ArgumentException">The memory's length is not the shape's number of elements.</exception>
    public Tensor(ReadOnlyMemory<T> data, Shape shape) : base(DTypes.Of<T>(), shape)
    {
        if (data.Length != shape.Elements)
            throw new ArgumentException($"{data.Length} values do not make a tensor of shape {shape}", nameof(data));
        Memory = data;
    }

    /// <summary>The memory of the values.</summary>
    public ReadOnlyMemory<T> Memory { get; }

    /// <summary>The values.</summary>
    public ReadOnlySpan<T> Span => Memory.Span;

    internal override MemoryHandle Pin() => Memory.Pin();
}

/// <summary>Memory of the host that a call writes a tensor into.</summary>
public abstract class TensorBuffer
{
    private protected TensorBuffer(DType dtype) => DType = dtype;

    /// <summary>The element type that is wanted.</summary>
    public DType DType { get; }

    /// <summary>The extents of what the last call has written.</summary>
    public Shape Shape { get; internal set; }

    /// <summary>A buffer over an array.</summary>
    public static TensorBuffer<T> Over<T>(T[] memory) where T : unmanaged => new(memory);

    /// <summary>A buffer over any contiguous memory.</summary>
    public static TensorBuffer<T> Over<T>(Memory<T> memory) where T : unmanaged => new(memory);

    internal abstract MemoryHandle Pin();

    internal abstract fv_buffer Native(in MemoryHandle pin);
}

/// <summary>A buffer of a known element type, <see cref="float"/> or <see cref="double"/>.</summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed class TensorBuffer<T> : TensorBuffer where T : unmanaged
{
    /// <summary>A buffer over memory, which may be larger than needed.</summary>
    public TensorBuffer(Memory<T> memory) : base(DTypes.Of<T>()) => Memory = memory;

    /// <summary>The whole memory.</summary>
    public Memory<T> Memory { get; }

    /// <summary>What the last call has written.</summary>
    public Span<T> Span => Memory.Span[..(Shape.Rank == 0 ? 0 : (int)Shape.Elements)];

    internal override MemoryHandle Pin() => Memory.Pin();

    internal override unsafe fv_buffer Native(in MemoryHandle pin) => Call.Buffer((T*)pin.Pointer, Memory.Length);
}
