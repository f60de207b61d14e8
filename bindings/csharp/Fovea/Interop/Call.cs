using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Fovea;

/// <summary>Helps to make one native call: what it answers, and numbers as the library wants them.</summary>
internal static unsafe class Call
{
    /// <summary>Throws what a callback threw during the call, else what the library reported.</summary>
    internal static void Check(int status, fv_error* error)
    {
        CallbackException.Rethrow();
        if (status != NativeMethods.FV_OK) throw FoveaException.From(error);
    }

    /// <summary>Likewise after a call that made an object, which is released where a callback threw.</summary>
    internal static T Check<T>(int status, fv_error* error, T made) where T : FoveaHandle
    {
        try
        {
            Check(status, error);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>A number whose zero is a value, not the default.</summary>
    internal static double Number(double? given) => given is 0 ? NativeMethods.FV_ZERO : given ?? 0;

    /// <summary>And back; null: the default.</summary>
    internal static double? Given(double native) => native == 0 ? null : native == NativeMethods.FV_ZERO ? 0 : native;

    internal static int Flag(bool given) => given ? 1 : 0;

    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>A tensor of `batch` samples.</summary>
    internal static fv_tensor Tensor<T>(T* data, long batch, in Shape sample) where T : unmanaged
    {
        var tensor = new fv_tensor { data = data, dtype = (int)DTypes.Of<T>(), rank = sample.Rank + 1 };
        tensor.shape[0] = batch;
        sample.CopyTo(new Span<long>(tensor.shape + 1, NativeMethods.FV_MAX_RANK - 1));
        return tensor;
    }

    internal static fv_tensor Tensor<T>(T* data, in Shape shape) where T : unmanaged
    {
        var tensor = new fv_tensor { data = data, dtype = (int)DTypes.Of<T>(), rank = shape.Rank };
        shape.CopyTo(new Span<long>(tensor.shape, NativeMethods.FV_MAX_RANK));
        return tensor;
    }

    internal static fv_buffer Buffer<T>(T* data, int length) where T : unmanaged => new()
    {
        data = data,
        capacity = (nuint)length * (nuint)sizeof(T),
        dtype = (int)DTypes.Of<T>(),
    };

    /// <summary>How many samples `length` values are, which must be one at least, and whole ones.</summary>
    internal static int BatchOf(int length, in Shape sample, string parameter)
    {
        var elements = sample.Elements;
        if (length == 0 || length % elements != 0)
            throw new ArgumentException($"{length} values are no whole number of samples of shape {sample}", parameter);
        return (int)(length / elements);
    }
}

/// <summary>
/// Memory that a call needs while it lasts: texts as UTF-8, nested descriptors, pins. Dispose gives all of it back.
/// </summary>
internal sealed unsafe class CallMemory : IDisposable
{
    private Block* _last;
    private readonly List<MemoryHandle> _pins = [];

    private struct Block
    {
        public Block* Before;
    }

    /// <summary>`count` zeroed elements.</summary>
    internal T* Array<T>(int count) where T : unmanaged
    {
        var block = (Block*)NativeMemory.AllocZeroed((nuint)sizeof(Block) + (nuint)count * (nuint)sizeof(T));
        block->Before = _last;
        _last = block;
        return (T*)(block + 1);
    }

    internal T* Value<T>(in T value) where T : unmanaged
    {
        var copy = Array<T>(1);
        *copy = value;
        return copy;
    }

    internal T* Copy<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var copy = Array<T>(values.Length);
        values.CopyTo(new Span<T>(copy, values.Length));
        return copy;
    }

    /// <summary>The text as C has it; NULL for null.</summary>
    internal byte* Text(string? text, [CallerArgumentExpression(nameof(text))] string? parameter = null)
    {
        if (text is null) return null;
        if (text.Contains('\0')) throw new ArgumentException("the text contains a zero character", parameter);
        var length = Encoding.UTF8.GetByteCount(text);
        var copy = Array<byte>(length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(copy, length));
        return copy;
    }

    internal byte* Required(string text, [CallerArgumentExpression(nameof(text))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        return Text(text, parameter);
    }

    /// <summary>Keeps a pin while the call lasts.</summary>
    internal void* Pin(in MemoryHandle pin)
    {
        _pins.Add(pin);
        return pin.Pointer;
    }

    /// <summary>A tensor in place.</summary>
    internal fv_tensor Pin(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(tensor, parameter);
        var pin = tensor.Pin();
        Pin(pin);
        return tensor.Native(pin);
    }

    internal fv_buffer Pin(TensorBuffer buffer, [CallerArgumentExpression(nameof(buffer))] string? parameter = null)
    {
        ArgumentNullException.ThrowIfNull(buffer, parameter);
        var pin = buffer.Pin();
        Pin(pin);
        return buffer.Native(pin);
    }

    public void Dispose()
    {
        while (_last != null)
        {
            var block = _last;
            _last = block->Before;
            NativeMemory.Free(block);
        }
        foreach (var pin in _pins) pin.Dispose();
        _pins.Clear();
    }
}
