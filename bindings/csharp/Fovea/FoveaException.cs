using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>What sort of failure a <see cref="FoveaException"/> tells of. The values never change.</summary>
public enum ErrorCode
{
    /// <summary>No failure.</summary>
    None = NativeMethods.FV_OK,

    /// <summary>An argument makes no sense; the message says which and why.</summary>
    InvalidArgument = NativeMethods.FV_INVALID_ARGUMENT,

    /// <summary>The allocator refused; everything is as it was before the call.</summary>
    OutOfMemory = NativeMethods.FV_OUT_OF_MEMORY,

    /// <summary>The operating system refused to open, read, write, sync or rename a file.</summary>
    IO = NativeMethods.FV_IO,

    /// <summary>A file is damaged or is not what it should be; the message has the offset.</summary>
    Format = NativeMethods.FV_FORMAT,

    /// <summary>A legal request that this build cannot serve.</summary>
    Unsupported = NativeMethods.FV_UNSUPPORTED,

    /// <summary>Another call is using the object at this moment.</summary>
    Busy = NativeMethods.FV_BUSY,

    /// <summary>A cancel token or a callback asked to stop; the object is whole.</summary>
    Cancelled = NativeMethods.FV_CANCELLED,

    /// <summary>Two things that must agree do not, for instance another dataset than the checkpoint's.</summary>
    Mismatch = NativeMethods.FV_MISMATCH,

    /// <summary>No node or tensor of that name, or no such file.</summary>
    NotFound = NativeMethods.FV_NOT_FOUND,

    /// <summary>A fault of the library; please report it.</summary>
    Internal = NativeMethods.FV_INTERNAL,
}

/// <summary>A call of the library failed. What it worked on is unharmed.</summary>
public sealed class FoveaException : Exception
{
    /// <summary>An exception with a general message.</summary>
    public FoveaException() : this(ErrorCode.Internal, "The library reported a failure.")
    {
    }

    /// <summary>An exception with a message of your own.</summary>
    public FoveaException(string message) : this(ErrorCode.Internal, message)
    {
    }

    /// <summary>An exception with a message of your own and a cause.</summary>
    public FoveaException(string message, Exception innerException) : base(message, innerException) =>
        Code = ErrorCode.Internal;

    /// <summary>An exception with a code, a message, and the node that it is about.</summary>
    public FoveaException(ErrorCode code, string message, Node node = default) : base(message)
    {
        Code = code;
        Node = node;
    }

    /// <summary>What sort of failure it is.</summary>
    public ErrorCode Code { get; }

    /// <summary>The node of the graph that the failure is about, or <see cref="Node.None"/>.</summary>
    public Node Node { get; }

    internal static unsafe FoveaException From(fv_error* error) =>
        new((ErrorCode)error->code, Marshal.PtrToStringUTF8((nint)error->message) ?? "", new Node(error->node));
}
