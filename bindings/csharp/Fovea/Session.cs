namespace Fovea;

/// <summary>How a <see cref="Session"/> runs.</summary>
public sealed record SessionOptions
{
    /// <summary>Larger inputs are run in pieces of this size; 0: 1.</summary>
    public int MaxBatch { get; init; }

    /// <summary>Names of the nodes to give out, any of the graph; null: the model's outputs.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    internal static unsafe fv_session_desc Native(SessionOptions? it, CallMemory memory)
    {
        var desc = new fv_session_desc { struct_size = (uint)sizeof(fv_session_desc), max_batch = it?.MaxBatch ?? 0 };
        if (it?.Outputs is not { Count: > 0 } names) return desc;
        desc.outputs = (byte**)memory.Array<nint>(names.Count);
        desc.output_count = (nuint)names.Count;
        for (var i = 0; i < names.Count; ++i) desc.outputs[i] = memory.Required(names[i]);
        return desc;
    }
}

/// <summary>What <see cref="Session.Evaluate"/> measures.</summary>
public sealed record EvaluateOptions
{
    /// <summary>Null: no loss is computed.</summary>
    public Loss? Loss { get; init; }

    /// <summary>Whether to count each class's predictions too.</summary>
    public bool Confusion { get; init; }

    /// <summary>Measured too, with the output's last axis as classes.</summary>
    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>Counts the whole dataset too, for its values of each class.</summary>
    public Metrics? Measure { get; init; }

    /// <summary>Stops the evaluation.</summary>
    public CancelToken? Cancel { get; init; }
}

/// <summary>What <see cref="Session.Evaluate"/> has measured.</summary>
public sealed record Evaluation
{
    /// <summary>The number of samples.</summary>
    public long Samples { get; internal init; }

    /// <summary>The mean over the samples, without penalties; NaN where none was asked for.</summary>
    public double Loss { get; internal init; }

    /// <summary>The fraction of samples whose largest output is the label's; NaN where the dataset has targets.</summary>
    public double Accuracy { get; internal init; }

    /// <summary>Where it was asked for.</summary>
    public ConfusionMatrix? Confusion { get; internal init; }

    /// <summary>The values of <see cref="EvaluateOptions.Metrics"/>, in their order.</summary>
    public IReadOnlyList<double> Metrics { get; internal init; } = [];
}

/// <summary>
/// Inference. Many sessions may share one model and run at once from many threads; each holds its own memory. One thread
/// at a time on one session.
/// </summary>
public sealed unsafe partial class Session : FoveaObject
{
    private readonly Shape _input;
    private readonly int _outputs;

    /// <summary>Compiles a model for inference and takes all memory that runs will need.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/> (an output's name),
    /// <see cref="ErrorCode.Busy"/>.</exception>
    public Session(Model model, SessionOptions? options = null) : base(Create(model, options))
    {
        _input = model.Inputs.Count == 1 ? model.Inputs[0].Shape : default;
        _outputs = options?.Outputs is { Count: > 0 } names ? names.Count : model.Outputs.Count;
    }

    internal SessionHandle Handle => Alive<SessionHandle>();

    /// <summary>Bytes that a session would take, without taking them.</summary>
    public static long MemoryFor(Model model, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var memory = new CallMemory();
        var desc = SessionOptions.Native(options, memory);
        fv_error error;
        nuint bytes;
        Call.Check(NativeMethods.fv_session_memory(model.Handle, &desc, &bytes, &error), &error);
        return (long)bytes;
    }

    /// <summary>
    /// Runs a network of one input and one output on <paramref name="input"/>, whole samples in a row (before the input
    /// transform), and writes their outputs in a row. Nothing is copied or allocated on the way.
    /// </summary>
    /// <returns>The number of samples.</returns>
    /// <exception cref="ArgumentException">The input is no whole number of samples.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: the output has too little room, another
    /// number of inputs or outputs; <see cref="ErrorCode.Busy"/>: the model is being trained.</exception>
    public int Run(ReadOnlySpan<float> input, Span<float> output) => Run<float, float>(input, output);

    /// <summary>Likewise from <see cref="byte"/>, <see cref="float"/> or <see cref="double"/> to <see cref="float"/> or
    /// <see cref="double"/>.</summary>
    /// <inheritdoc cref="Run(ReadOnlySpan{float}, Span{float})"/>
    public int Run<TInput, TOutput>(ReadOnlySpan<TInput> input, Span<TOutput> output)
        where TInput : unmanaged where TOutput : unmanaged
    {
        using var turn = TakeTurn();
        var batch = Call.BatchOf(input.Length, _input, nameof(input));
        fixed (TInput* from = input)
        fixed (TOutput* to = output)
        {
            var tensor = Call.Tensor(from, batch, _input);
            var buffer = Call.Buffer(to, output.Length);
            fv_error error;
            Call.Check(NativeMethods.fv_session_run(Handle, &tensor, 1, &buffer, 1, &error), &error);
            return batch;
        }
    }

    /// <summary>
    /// Runs the network on one tensor for each of the model's inputs, [batch][...], and fills the outputs, whose shapes it
    /// sets. Nothing is copied on the way.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: counts, shapes, no room;
    /// <see cref="ErrorCode.Busy"/>: the model is being trained.</exception>
    public void Run(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<TensorBuffer> outputs)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var from = memory.Array<fv_tensor>(inputs.Length);
        for (var i = 0; i < inputs.Length; ++i) from[i] = memory.Pin(inputs[i]);
        var to = memory.Array<fv_buffer>(outputs.Length);
        for (var i = 0; i < outputs.Length; ++i) to[i] = memory.Pin(outputs[i]);
        fv_error error;
        Call.Check(NativeMethods.fv_session_run(Handle, from, (nuint)inputs.Length, to, (nuint)outputs.Length, &error),
            &error);
        for (var i = 0; i < outputs.Length; ++i) outputs[i].Shape = Shape.From(to[i].shape, to[i].rank);
    }

    /// <summary>Runs a whole dataset through the session's first output.</summary>
    /// <exception cref="OperationCanceledException">The cancellation token was cancelled.</exception>
    /// <exception cref="FoveaException">As <see cref="Run(ReadOnlySpan{float}, Span{float})"/>;
    /// <see cref="ErrorCode.Cancelled"/>: by the options' token.</exception>
    public Evaluation Evaluate(Dataset dataset, EvaluateOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        options ??= new EvaluateOptions();
        using var cancellation = new Cancellation(options.Cancel, cancellationToken);
        using var turn = TakeTurn();
        if (options.Confusion && dataset.Info.Classes == 0)
            throw new FoveaException(ErrorCode.InvalidArgument, "a confusion matrix needs labels; the dataset has targets");
        var confusion = options.Confusion ? new ConfusionMatrix(dataset.Info.Classes) : null;
        var values = new double[options.Metrics.Count];
        using var memory = new CallMemory();
        using var lent = new Lent(options.Measure);
        fixed (long* counts = confusion is null ? default : confusion.Counts)
        fixed (double* measured = values)
        {
            var desc = new fv_evaluate_desc
            {
                struct_size = (uint)sizeof(fv_evaluate_desc),
                loss = (int)(options.Loss ?? 0),
                confusion = counts,
                cancel = cancellation.Native,
                metrics = Metric.Native(options.Metrics, memory),
                metric_count = (nuint)values.Length,
                metric_values = measured,
                measure = lent.Native,
            };
            var result = new fv_evaluation { struct_size = (uint)sizeof(fv_evaluation) };
            fv_error error;
            var status = NativeMethods.fv_session_evaluate(Handle, dataset.Handle, &desc, &result, &error);
            cancellation.Check(status, &error);
            return new Evaluation
            {
                Samples = result.samples,
                Loss = result.loss,
                Accuracy = result.accuracy,
                Confusion = confusion,
                Metrics = values,
            };
        }
    }

    /// <summary>Times every run from now on, node by node, until the profile is disposed or another one is started.</summary>
    public Profile Profile(ProfileOptions? options = null)
    {
        using var turn = TakeTurn();
        var desc = Fovea.Profile.Native(options);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_session_profile(Handle, &desc, &made, &error);
        return new Profile(Call.Check(status, &error, new ProfileHandle(made)), this);
    }

    /// <summary>Metrics that a descriptor names, held for one call.</summary>
    private readonly ref struct Lent
    {
        private readonly MetricsHandle? _handle;
        private readonly Turn _turn;

        internal Lent(Metrics? metrics)
        {
            if (metrics is null) return;
            _turn = metrics.TurnToLook();
            var held = false;
            metrics.Handle.DangerousAddRef(ref held);
            _handle = metrics.Handle;
        }

        internal nint Native => _handle?.DangerousGetHandle() ?? 0;

        public void Dispose()
        {
            if (_handle is null) return;
            _handle.DangerousRelease();
            _turn.Dispose();
        }
    }

    private static SessionHandle Create(Model model, SessionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var memory = new CallMemory();
        var desc = SessionOptions.Native(options, memory);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_session_create(model.Handle, &desc, &made, &error);
        return Call.Check(status, &error, new SessionHandle(made));
    }
}
