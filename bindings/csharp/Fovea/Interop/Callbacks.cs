using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>
/// What a callback threw, until the native call that called it has returned: an exception must not pass through native
/// frames. Callbacks run on the thread that made the call.
/// </summary>
internal static class CallbackException
{
    [ThreadStatic] private static ExceptionDispatchInfo? _first;

    internal static bool IsPending => _first is not null;

    internal static void Keep(Exception e) => _first ??= ExceptionDispatchInfo.Capture(e);

    internal static void Rethrow()
    {
        if (_first is not { } first) return;
        _first = null;
        first.Throw();
    }
}

/// <summary>
/// What belongs to a callback on the managed side. The library holds it by the `user` pointer and lets it go by calling
/// drop, once; until then it keeps itself alive.
/// </summary>
internal abstract unsafe class HostState
{
    private GCHandle _self;
    private int _dropped;

    protected HostState() => _self = GCHandle.Alloc(this);

    internal void* User => (void*)GCHandle.ToIntPtr(_self);

    internal static T Of<T>(void* user) where T : HostState => (T)GCHandle.FromIntPtr((nint)user).Target!;

    /// <summary>Lets go; the second time does nothing, so that it also serves where the library was never reached.</summary>
    internal void Drop()
    {
        if (Interlocked.Exchange(ref _dropped, 1) != 0) return;
        _self.Free();
        Dropped();
    }

    private protected virtual void Dropped()
    {
    }

    internal static delegate* unmanaged[Cdecl]<void*, void> DropFunction => &OnDrop;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnDrop(void* user) => Of<HostState>(user).Drop();
}

/// <summary>The host's progress callbacks during one fit.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class ProgressState(ProgressHandler? handler, IProgress<TrainingProgress>? report,
    RateHandler? rate) : HostState
{
    internal static delegate* unmanaged[Cdecl]<void*, fv_progress*, int> Function => &OnProgress;

    internal static delegate* unmanaged[Cdecl]<void*, long, long, double, double> RateFunction => &OnRate;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static double OnRate(void* user, long epoch, long step, double now) =>
        Of<ProgressState>(user).Rate(epoch, step, now);

    private double Rate(long epoch, long step, double now)
    {
        try
        {
            return rate!(epoch, step, now);
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
            return now; // the handler of progress stops the training after this batch
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProgress(void* user, fv_progress* native) => Of<ProgressState>(user).Hear(*native);

    private int Hear(in fv_progress native)
    {
        try
        {
            var progress = new TrainingProgress(native);
            report?.Report(progress);
            var stop = handler is not null && handler(progress) == FitControl.Stop;
            return Call.Flag(stop || CallbackException.IsPending);
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
            return 1;
        }
    }
}

/// <summary>One of the host's sets of callbacks during one fit.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class CallbacksState(TrainingCallbacks callbacks, Trainer trainer) : HostState
{
    private delegate FitControl Event(TrainingCallbacks callbacks, Trainer trainer, TrainingProgress progress);

    internal fv_callbacks_desc* Native(CallMemory memory) => memory.Value(new fv_callbacks_desc
    {
        struct_size = (uint)sizeof(fv_callbacks_desc),
        on_train_begin = &OnTrainBegin,
        on_train_end = &OnTrainEnd,
        on_epoch_begin = &OnEpochBegin,
        on_epoch_end = &OnEpochEnd,
        on_batch_begin = &OnBatchBegin,
        on_batch_end = &OnBatchEnd,
        user = User,
        drop = DropFunction,
    });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnTrainBegin(void* user, nint trainer, fv_progress* progress) =>
        Tell(user, progress, static (callbacks, trainer, p) => callbacks.OnTrainBegin(trainer, p));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnTrainEnd(void* user, nint trainer, fv_progress* progress) =>
        Tell(user, progress, static (callbacks, trainer, p) =>
        {
            callbacks.OnTrainEnd(trainer, p);
            return FitControl.Continue;
        });

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnEpochBegin(void* user, nint trainer, fv_progress* progress) =>
        Tell(user, progress, static (callbacks, trainer, p) => callbacks.OnEpochBegin(trainer, p));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnEpochEnd(void* user, nint trainer, fv_progress* progress) =>
        Tell(user, progress, static (callbacks, trainer, p) => callbacks.OnEpochEnd(trainer, p));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBatchBegin(void* user, nint trainer, fv_progress* progress) =>
        Tell(user, progress, static (callbacks, trainer, p) => callbacks.OnBatchBegin(trainer, p));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBatchEnd(void* user, nint trainer, fv_progress* progress) =>
        Tell(user, progress, static (callbacks, trainer, p) => callbacks.OnBatchEnd(trainer, p));

    private static int Tell(void* user, fv_progress* native, Event happened)
    {
        try
        {
            var state = Of<CallbacksState>(user);
            var stop = happened(state._callbacks, state._trainer, new TrainingProgress(*native)) == FitControl.Stop;
            return Call.Flag(stop || CallbackException.IsPending);
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
            return 1;
        }
    }

    private readonly TrainingCallbacks _callbacks = callbacks;
    private readonly Trainer _trainer = trainer;
}

/// <summary>The host's log.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class LogState(Action<LogLevel, string> log) : HostState
{
    internal static delegate* unmanaged[Cdecl]<void*, int, byte*, void> Function => &OnLog;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(void* user, int level, byte* message)
    {
        try
        {
            Of<LogState>(user)._log((LogLevel)level, Call.Text(message));
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
        }
    }

    private readonly Action<LogLevel, string> _log = log;
}

/// <summary>The host's memory.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class AllocatorState(INativeAllocator allocator) : HostState
{
    private readonly INativeAllocator _allocator = allocator;

    internal static delegate* unmanaged[Cdecl]<void*, nuint, nuint, void*> AllocateFunction => &OnAllocate;

    internal static delegate* unmanaged[Cdecl]<void*, void*, nuint, void> ReleaseFunction => &OnRelease;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* OnAllocate(void* user, nuint bytes, nuint alignment)
    {
        try
        {
            return (void*)Of<AllocatorState>(user)._allocator.Allocate(bytes, alignment);
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
            return null;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnRelease(void* user, void* memory, nuint bytes)
    {
        try
        {
            Of<AllocatorState>(user)._allocator.Release((nint)memory, bytes);
        }
        catch (Exception)
        {
            // Memory is released by the garbage collector too, where nobody could catch it.
        }
    }
}

/// <summary>The host's threads.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class ParallelForState(ParallelFor parallelFor) : HostState
{
    internal static delegate* unmanaged[Cdecl]<void*, long, delegate* unmanaged[Cdecl]<void*, long, void>, void*, void> Function =>
        &OnParallelFor;

    private readonly ParallelFor _parallelFor = parallelFor;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnParallelFor(void* user, long count, delegate* unmanaged[Cdecl]<void*, long, void> task, void* data)
    {
        var work = new Work(count, task, data);
        try
        {
            Of<ParallelForState>(user)._parallelFor(count, work.Run);
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
        }
        work.Finish();
    }

    /// <summary>
    /// Each index once, whatever the host does: what it leaves out is done here, what it calls twice or too late does
    /// nothing, and the library's frame stays until the last call is out of it.
    /// </summary>
    private sealed class Work(long count, delegate* unmanaged[Cdecl]<void*, long, void> task, void* data)
    {
        private readonly int[] _taken = new int[count];
        private long _done;

        internal void Run(long index)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _taken.Length);
            if (Interlocked.Exchange(ref _taken[index], 1) != 0) return;
            task(data, index);
            Interlocked.Increment(ref _done);
        }

        internal void Finish()
        {
            for (var i = 0L; i < _taken.Length; ++i) Run(i);
            var wait = new SpinWait();
            while (Interlocked.Read(ref _done) != _taken.Length) wait.SpinOnce();
        }
    }
}
