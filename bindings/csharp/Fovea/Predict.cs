namespace Fovea;

/// <summary>How <see cref="Session.Sample"/> runs.</summary>
public sealed record SampleOptions
{
    /// <summary>0: 50.</summary>
    public int Passes { get; init; }

    /// <summary>Another seed, other draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>What is averaged is the softmax of each output.</summary>
    public bool Softmax { get; init; }

    /// <summary>With softmax; 0: 1.</summary>
    public double Temperature { get; init; }
}

/// <summary>How sessions are combined.</summary>
public sealed record EnsembleOptions
{
    /// <summary>The outputs themselves are averaged, not their softmax.</summary>
    public bool Raw { get; init; }

    /// <summary>Of each session; null: all alike.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>Of each session, for the softmax; null: 1.</summary>
    public IReadOnlyList<double>? Temperatures { get; init; }

    internal unsafe fv_ensemble_desc Native(int sessions, CallMemory memory, nint cancel = 0) => new()
    {
        struct_size = (uint)sizeof(fv_ensemble_desc),
        raw = Call.Flag(Raw),
        weights = OneEach(Weights, sessions, memory),
        temperatures = OneEach(Temperatures, sessions, memory),
        cancel = cancel,
    };

    private static unsafe double* OneEach(IReadOnlyList<double>? values, int sessions, CallMemory memory)
    {
        if (values is null) return null;
        if (values.Count != sessions)
            throw new ArgumentException($"there are {sessions} sessions and {values.Count} numbers for them", nameof(values));
        return memory.Copy<double>(values.ToArray());
    }
}

public sealed unsafe partial class Session
{
    /// <summary>
    /// Monte-Carlo dropout: runs the network many times; dropout and its kin draw as in training, batch norm runs as at
    /// inference. The buffers (one for each output; variances may be none) receive mean and variance over the passes.
    /// </summary>
    /// <exception cref="FoveaException">As <see cref="Run(ReadOnlySpan{Tensor}, ReadOnlySpan{TensorBuffer})"/>.</exception>
    public void Sample(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<TensorBuffer> means,
        ReadOnlySpan<TensorBuffer> variances = default, SampleOptions? options = null)
    {
        if (variances.Length != 0 && variances.Length != means.Length)
            throw new ArgumentException($"there are {means.Length} means and {variances.Length} variances", nameof(variances));
        options ??= new SampleOptions();
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var desc = new fv_sample_desc
        {
            struct_size = (uint)sizeof(fv_sample_desc),
            passes = options.Passes,
            seed = options.Seed,
            softmax = Call.Flag(options.Softmax),
            temperature = options.Temperature,
        };
        var from = Pinned(inputs, memory);
        var mean = Pinned(means, memory);
        var variance = variances.Length == 0 ? null : Pinned(variances, memory);
        fv_error error;
        Call.Check(NativeMethods.fv_session_sample(Handle, from, (nuint)inputs.Length, &desc, mean, variance,
            (nuint)means.Length, &error), &error);
        TellShapes(mean, means);
        TellShapes(variance, variances);
    }

    /// <summary>
    /// Temperature scaling: the T for which the softmax cross-entropy of z / T, z the session's first output, is least on a
    /// dataset with labels that the model was not trained on.
    /// </summary>
    /// <exception cref="OperationCanceledException">The cancellation token was cancelled.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public double FitTemperature(Dataset dataset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using var cancellation = new Cancellation(null, cancellationToken);
        using var turn = TakeTurn();
        var desc = new fv_temperature_desc { struct_size = (uint)sizeof(fv_temperature_desc), cancel = cancellation.Native };
        fv_error error;
        double temperature;
        cancellation.Check(
            NativeMethods.fv_session_fit_temperature(Handle, dataset.Handle, &desc, &temperature, &error), &error);
        return temperature;
    }

    /// <summary>The weighted mean of what several sessions give; with one session and its temperature, calibrated
    /// probabilities.</summary>
    /// <exception cref="FoveaException">As <see cref="Run(ReadOnlySpan{Tensor}, ReadOnlySpan{TensorBuffer})"/>.</exception>
    public static void RunEnsemble(IReadOnlyList<Session> sessions, ReadOnlySpan<Tensor> inputs,
        ReadOnlySpan<TensorBuffer> outputs, EnsembleOptions? options = null)
    {
        using var held = new Held(sessions);
        using var memory = new CallMemory();
        var desc = (options ?? new EnsembleOptions()).Native(sessions.Count, memory);
        var from = Pinned(inputs, memory);
        var to = Pinned(outputs, memory);
        fv_error error;
        Call.Check(NativeMethods.fv_ensemble_run(memory.Copy<nint>(held.Native), (nuint)sessions.Count, from,
            (nuint)inputs.Length, &desc, to, (nuint)outputs.Length, &error), &error);
        TellShapes(to, outputs);
    }

    /// <summary>The same over a dataset with labels: the accuracy, and as loss the mean of -log of the label's averaged
    /// probability.</summary>
    /// <exception cref="OperationCanceledException">The cancellation token was cancelled.</exception>
    /// <exception cref="FoveaException">As <see cref="RunEnsemble"/>.</exception>
    public static Evaluation EvaluateEnsemble(IReadOnlyList<Session> sessions, Dataset dataset,
        EnsembleOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using var cancellation = new Cancellation(null, cancellationToken);
        using var held = new Held(sessions);
        using var memory = new CallMemory();
        var desc = (options ?? new EnsembleOptions()).Native(sessions.Count, memory, cancellation.Native);
        var result = new fv_evaluation { struct_size = (uint)sizeof(fv_evaluation) };
        fv_error error;
        cancellation.Check(NativeMethods.fv_ensemble_evaluate(memory.Copy<nint>(held.Native), (nuint)sessions.Count,
            dataset.Handle, &desc, &result, &error), &error);
        return new Evaluation { Samples = result.samples, Loss = result.loss, Accuracy = result.accuracy };
    }

    private static fv_tensor* Pinned(ReadOnlySpan<Tensor> tensors, CallMemory memory)
    {
        var pinned = memory.Array<fv_tensor>(tensors.Length);
        for (var i = 0; i < tensors.Length; ++i) pinned[i] = memory.Pin(tensors[i]);
        return pinned;
    }

    private static fv_buffer* Pinned(ReadOnlySpan<TensorBuffer> buffers, CallMemory memory)
    {
        var pinned = memory.Array<fv_buffer>(buffers.Length);
        for (var i = 0; i < buffers.Length; ++i) pinned[i] = memory.Pin(buffers[i]);
        return pinned;
    }

    private static void TellShapes(fv_buffer* written, ReadOnlySpan<TensorBuffer> buffers)
    {
        for (var i = 0; i < buffers.Length; ++i) buffers[i].Shape = Shape.From(written[i].shape, written[i].rank);
    }

    /// <summary>Sessions that one call uses together: none may be used by another thread or go away meanwhile.</summary>
    private sealed class Held : IDisposable
    {
        private readonly List<(Session Session, SessionHandle Handle)> _held = [];

        internal Held(IReadOnlyList<Session> sessions)
        {
            ArgumentNullException.ThrowIfNull(sessions);
            Native = new nint[sessions.Count];
            try
            {
                for (var i = 0; i < sessions.Count; ++i)
                {
                    var handle = sessions[i].Handle;
                    var counted = false;
                    sessions[i].Enter();
                    try
                    {
                        handle.DangerousAddRef(ref counted);
                    }
                    catch
                    {
                        sessions[i].Leave();
                        throw;
                    }
                    _held.Add((sessions[i], handle));
                    Native[i] = handle.DangerousGetHandle();
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        internal nint[] Native { get; }

        public void Dispose()
        {
            foreach (var (session, handle) in _held)
            {
                handle.DangerousRelease();
                session.Leave();
            }
        }
    }
}
