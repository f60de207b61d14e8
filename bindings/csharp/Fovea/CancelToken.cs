namespace Fovea;

/// <summary>
/// A flag with which any thread may stop or pause a training or an evaluation at any time: the call ends, or waits, within
/// one batch, and everything stays usable. Calls that take one also take a <see cref="CancellationToken"/>, which most
/// programs want; where a paused call has both, either cancels it.
/// All members may be used from any thread at any time.
/// </summary>
public sealed class CancelToken : FoveaObject
{
    /// <summary>A token that is not cancelled.</summary>
    public CancelToken() : base(Create())
    {
    }

    internal CancelTokenHandle Handle => Alive<CancelTokenHandle>();

    /// <summary>Whether it is cancelled.</summary>
    public bool IsCancelled => NativeMethods.fv_cancel_token_is_cancelled(Handle) != 0;

    /// <summary>Asks the calls that have this token to stop.</summary>
    public void Cancel() => NativeMethods.fv_cancel_token_cancel(Handle);

    /// <summary>Whether it is paused.</summary>
    public bool IsPaused => NativeMethods.fv_cancel_token_is_paused(Handle) != 0;

    /// <summary>How long it has been paused so far.</summary>
    public TimeSpan PausedTime => TimeSpan.FromSeconds(NativeMethods.fv_cancel_token_paused_seconds(Handle));

    /// <summary>Calls that have this token wait between two batches until it is resumed or cancelled.</summary>
    public void Pause() => NativeMethods.fv_cancel_token_pause(Handle);

    /// <summary>Lets them go on.</summary>
    public void Resume() => NativeMethods.fv_cancel_token_resume(Handle);

    /// <summary>For a loop of your own, between batches: returns when the token is not paused, or is cancelled.</summary>
    /// <returns>Whether it is cancelled.</returns>
    public bool Wait() => NativeMethods.fv_cancel_token_wait(Handle) != 0;

    /// <summary>Makes it as new: neither cancelled nor paused.</summary>
    public void Reset() => NativeMethods.fv_cancel_token_reset(Handle);

    private static unsafe CancelTokenHandle Create()
    {
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_cancel_token_create(&made, &error);
        return Call.Check(status, &error, new CancelTokenHandle(made));
    }
}

/// <summary>Joins a <see cref="CancelToken"/> and a <see cref="CancellationToken"/> for the length of one call.</summary>
internal sealed class Cancellation : IDisposable
{
    private readonly CancellationToken _source;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancelToken? _own;
    private readonly CancelTokenHandle? _handle;
    private readonly bool _held;

    internal Cancellation(CancelToken? token, CancellationToken source)
    {
        source.ThrowIfCancellationRequested();
        _source = source;
        if (token is null && source.CanBeCanceled) token = _own = new CancelToken();
        if (token is null) return;
        _handle = token.Handle;
        _handle.DangerousAddRef(ref _held);
        _registration = source.Register(static state => ((CancelTokenHandle)state!).Cancel(), _handle);
    }

    /// <summary>For a descriptor; 0 where nothing can cancel.</summary>
    internal nint Native => _handle?.DangerousGetHandle() ?? 0;

    /// <summary>As <see cref="Call.Check(int, fv_error*)"/>; a cancelled source is told in .NET's words.</summary>
    internal unsafe void Check(int status, fv_error* error)
    {
        CallbackException.Rethrow();
        if (status == NativeMethods.FV_CANCELLED && _source.IsCancellationRequested)
            throw new OperationCanceledException(FoveaException.From(error).Message, _source);
        Call.Check(status, error);
    }

    public void Dispose()
    {
        _registration.Dispose();
        if (_held) _handle!.DangerousRelease();
        _own?.Dispose();
    }
}
