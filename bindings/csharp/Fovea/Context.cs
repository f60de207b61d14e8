using System.Diagnostics.CodeAnalysis;

namespace Fovea;

/// <summary>How much a line of the log matters.</summary>
public enum LogLevel
{
    /// <summary>For whoever wants to know, such as the memory that a training takes.</summary>
    Info = NativeMethods.FV_LOG_INFO,

    /// <summary>Something that one should look at.</summary>
    Warning = NativeMethods.FV_LOG_WARNING,
}

/// <summary>
/// The host's own parallel loop: calls <paramref name="body"/> once for each index below <paramref name="count"/>, on any
/// threads and in any order, and returns when all calls have returned:
/// <c>(count, body) =&gt; Parallel.For(0L, count, body)</c>. What it throws is thrown by the call that needed it, after
/// the library has finished its work without it.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is what it is called everywhere.")]
public delegate void ParallelFor(long count, Action<long> body);

/// <summary>The host's memory for tensors and arenas. Both methods are called from many threads.</summary>
public interface INativeAllocator
{
    /// <summary>
    /// Memory that no garbage collector moves, aligned to <paramref name="alignment"/> (a power of two, at least 64), or
    /// 0 where there is none. What it throws is thrown by the call that needed the memory.
    /// </summary>
    nint Allocate(nuint bytes, nuint alignment);

    /// <summary>Takes it back. It may be called from the finalizer's thread, and must not throw.</summary>
    void Release(nint memory, nuint bytes);
}

/// <summary>How a <see cref="Context"/> works.</summary>
public sealed record ContextOptions
{
    /// <summary>How many threads work at once. 0: the CPUs that the process may use; 1: the calling thread alone; at most
    /// 1024. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Where memory comes from; null: the C library.</summary>
    public INativeAllocator? Allocator { get; init; }

    /// <summary>The host's threads; null: the library's own.</summary>
    public ParallelFor? ParallelFor { get; init; }

    /// <summary>Receives lines of the log on the thread that made the call; null: nobody does.</summary>
    public Action<LogLevel, string>? Log { get; init; }
}

/// <summary>
/// The threads, memory and log that everything else works with; the first object that a program makes. Its threads end
/// when the last object made from it is gone. It may be used from any thread at any time.
/// </summary>
public sealed class Context : FoveaObject
{
    /// <summary>A context.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a number of threads out of
    /// range.</exception>
    public Context(ContextOptions? options = null) : base(Create(options ?? new ContextOptions()))
    {
    }

    internal ContextHandle Handle => Alive<ContextHandle>();

    /// <summary>The number of threads that work at once.</summary>
    public int Threads => NativeMethods.fv_context_threads(Handle);

    /// <summary>
    /// Registers a type of layers under a name such as "acme.swish": letters, digits, '_', '-' and at least one '.'. Graphs of
    /// this context have it from then on, and files that name it load. It is kept alive until the context and all that was
    /// made from it are gone.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a name that is taken, or is none.</exception>
    public unsafe void RegisterLayer(string type, ICustomLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        using var memory = new CallMemory();
        var name = memory.Required(type);
        var state = new CustomLayerState(layer);
        Register(state, error =>
        {
            var desc = new fv_custom_layer_desc
            {
                struct_size = (uint)sizeof(fv_custom_layer_desc),
                backward_without_inputs = Call.Flag(layer.BackwardWithoutInputs),
                backward_without_output = Call.Flag(layer.BackwardWithoutOutput),
                type = name,
                shape = CustomLayerState.ShapeFunction,
                forward = CustomLayerState.ForwardFunction,
                backward = CustomLayerState.BackwardFunction,
                user = state.User,
                drop = HostState.DropFunction,
            };
            return NativeMethods.fv_context_register_layer(Handle, &desc, error);
        });
    }

    /// <summary>Registers a loss, likewise.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a name that is taken, or is none.</exception>
    public unsafe void RegisterLoss(string name, ICustomLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using var memory = new CallMemory();
        var text = memory.Required(name);
        var state = new CustomLossState(loss);
        Register(state, error =>
        {
            var desc = new fv_custom_loss_desc
            {
                struct_size = (uint)sizeof(fv_custom_loss_desc),
                over_classes = Call.Flag(loss.OverClasses),
                name = text,
                evaluate = CustomLossState.Function,
                user = state.User,
                drop = HostState.DropFunction,
            };
            return NativeMethods.fv_context_register_loss(Handle, &desc, error);
        });
    }

    private unsafe delegate int Registration(fv_error* error);

    private static unsafe void Register(HostState state, Registration register)
    {
        try
        {
            fv_error error;
            Call.Check(register(&error), &error);
        }
        catch
        {
            // The library may never have been reached.
            state.Drop();
            throw;
        }
    }

    private static unsafe ContextHandle Create(ContextOptions options)
    {
        var desc = new fv_context_desc { struct_size = (uint)sizeof(fv_context_desc), threads = options.Threads };
        var states = new List<HostState>();
        if (options.Allocator is not null)
        {
            states.Add(new AllocatorState(options.Allocator));
            desc.allocate = AllocatorState.AllocateFunction;
            desc.release = AllocatorState.ReleaseFunction;
            desc.allocator_user = states[^1].User;
            desc.allocator_drop = HostState.DropFunction;
        }
        if (options.ParallelFor is not null)
        {
            states.Add(new ParallelForState(options.ParallelFor));
            desc.parallel_for = ParallelForState.Function;
            desc.parallel_for_user = states[^1].User;
            desc.parallel_for_drop = HostState.DropFunction;
        }
        if (options.Log is not null)
        {
            states.Add(new LogState(options.Log));
            desc.log = LogState.Function;
            desc.log_user = states[^1].User;
            desc.log_drop = HostState.DropFunction;
        }
        try
        {
            fv_error error;
            nint made = 0;
            var status = NativeMethods.fv_context_create(&desc, &made, &error);
            return Call.Check(status, &error, new ContextHandle(made));
        }
        catch
        {
            // The library may never have been reached.
            foreach (var state in states) state.Drop();
            throw;
        }
    }
}
