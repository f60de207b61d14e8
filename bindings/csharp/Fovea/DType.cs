namespace Fovea;

/// <summary>Element types of tensors.</summary>
public enum DType
{
    /// <summary>The default of where it stands.</summary>
    Default = 0,

    /// <summary><see cref="float"/>.</summary>
    F32 = NativeMethods.FV_F32,

    /// <summary><see cref="double"/>.</summary>
    F64 = NativeMethods.FV_F64,

    /// <summary><see cref="byte"/>.</summary>
    U8 = NativeMethods.FV_U8,

    /// <summary><see cref="int"/>.</summary>
    I32 = NativeMethods.FV_I32,

    /// <summary><see cref="long"/>.</summary>
    I64 = NativeMethods.FV_I64,
}

internal static class DTypes
{
    /// <summary>The element type of a span's elements. All but one line goes when it is compiled for a T.</summary>
    internal static DType Of<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DType.F32;
        if (typeof(T) == typeof(double)) return DType.F64;
        if (typeof(T) == typeof(byte)) return DType.U8;
        if (typeof(T) == typeof(int)) return DType.I32;
        if (typeof(T) == typeof(long)) return DType.I64;
        throw new NotSupportedException($"elements of type {typeof(T)}; use float, double, byte, int or long");
    }
}
