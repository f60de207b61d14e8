namespace Fovea;

/// <summary>
/// An object of the native library. Dispose it when it is no longer needed, in any order and as often as you like:
/// objects keep alive what they were made from. What is not disposed, the garbage collector releases.
/// Use after dispose throws <see cref="ObjectDisposedException"/>.
/// </summary>
public abstract class FoveaObject : IDisposable
{
    private readonly FoveaHandle _handle;
    private readonly object _turn = new();
    // Not what the handle says: that stays open while a call, or a view of what it owns, is in use.
    private volatile bool _disposed;

    private protected FoveaObject(FoveaHandle handle) => _handle = handle;

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>
    /// Releases the native object. Where another thread is inside a call on it, that call ends normally first.
    /// </summary>
    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The handle, of an object that is not disposed.</summary>
    private protected THandle Alive<THandle>() where THandle : FoveaHandle
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (THandle)_handle;
    }

    /// <summary>
    /// Holds the object for one call, of those that the library allows one thread at a time. A second thread is
    /// refused and does not wait; the same thread may come again, from a callback.
    /// </summary>
    private protected Turn TakeTurn()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return TurnToLook();
    }

    /// <summary>Likewise to read what its calls write elsewhere, which a last one may still do after Dispose.</summary>
    internal Turn TurnToLook()
    {
        Enter();
        return new Turn(_turn);
    }

    /// <summary>A turn without a scope, for several objects at once; <see cref="Leave"/> ends it.</summary>
    internal void Enter()
    {
        if (!Monitor.TryEnter(_turn))
            throw new FoveaException(ErrorCode.Busy, $"another thread is using this {GetType().Name}");
    }

    internal void Leave() => Monitor.Exit(_turn);

    internal readonly ref struct Turn(object turn)
    {
        public void Dispose() => Monitor.Exit(turn);
    }
}
