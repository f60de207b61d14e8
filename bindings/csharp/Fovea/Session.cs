namespace Fovea;

/// <summary>Views of one image at test time, over which predictions are averaged.</summary>
public enum CropViews
{
    /// <summary>The middle, as the transform crops it.</summary>
    None = NativeMethods.FV_CROPS_NONE,

    /// <summary>The middle and its mirror image.</summary>
    Flip = NativeMethods.FV_CROPS_FLIP,

    /// <summary>Four corners, the middle, and all of them mirrored.</summary>
    Ten = NativeMethods.FV_CROPS_TEN,

    /// <summary>Those ten at short sides of 224, 256, 384, 480, 640.</summary>
    ResnetMultiScale = NativeMethods.FV_CROPS_RESNET_MULTI_SCALE,
}

/// <summary>A rectangle of an image that was resized before.</summary>
/// <param name="Resized">To this size.</param>
/// <param name="Top">Where it begins.</param>
/// <param name="Left">Where it begins.</param>
/// <param name="Mirrored">Its columns are reversed.</param>
public sealed record CropBox((long Height, long Width) Resized, long Top, long Left, bool Mirrored);

/// <summary>Several views of one image.</summary>
public sealed record Crops
{
    /// <summary>Which.</summary>
    public CropViews Views { get; init; }

    /// <summary>Short sides to which the image is resized; null: the five of <see cref="CropViews.ResnetMultiScale"/>, else
    /// as the transform resizes.</summary>
    public IReadOnlyList<int>? Scales { get; init; }

    /// <summary>The outputs are averaged as they are, not their softmax over the last axis.</summary>
    public bool Raw { get; init; }

    internal static unsafe fv_crops_desc* Native(Crops? it, CallMemory memory)
    {
        if (it is null) return null;
        return memory.Value(new fv_crops_desc
        {
            struct_size = (uint)sizeof(fv_crops_desc),
            crops = (int)it.Views,
            scales = it.Scales is { Count: > 0 } ? memory.Copy<int>(it.Scales.ToArray()) : null,
            scale_count = (nuint)(it.Scales?.Count ?? 0),
            raw = Call.Flag(it.Raw),
        });
    }

    /// <summary>
    /// The views of an image for a network's input, whose transform resizes the short side to
    /// <paramref name="resizeShort"/> (0: it does not). For each scale: top left, top right, bottom left, bottom right,
    /// middle, then the same mirrored.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a crop is larger than the image.</exception>
    public unsafe CropBox[] Boxes((long Height, long Width) image, (long Height, long Width) input, int resizeShort = 0)
    {
        using var memory = new CallMemory();
        var desc = Native(this, memory);
        fv_error error;
        nuint needed = 0;
        var rows = Array.Empty<fv_crop_box>();
        for (var pass = 0; pass < 2; ++pass)
        {
            rows = new fv_crop_box[needed];
            fixed (fv_crop_box* first = rows)
                Call.Check(NativeMethods.fv_crop_boxes(image.Height, image.Width, input.Height, input.Width, resizeShort,
                    desc, first, (nuint)rows.Length, &needed, &error), &error);
        }
        return Array.ConvertAll(rows,
            row => new CropBox((row.resized_height, row.resized_width), row.top, row.left, row.mirrored != 0));
    }
}

/// <summary>An image file in memory or at a path, for <see cref="Session.RunImages"/>.</summary>
public sealed class EncodedImage
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string? _path;

    /// <summary>A file in memory.</summary>
    public EncodedImage(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>A file at a path.</summary>
    public EncodedImage(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        _path = path;
    }

    internal unsafe fv_encoded_image Native(CallMemory memory)
    {
        if (_path is not null) return new fv_encoded_image { path = memory.Required(_path) };
        return new fv_encoded_image { bytes = memory.Pin(_bytes.Pin()), size = (nuint)_bytes.Length };
    }
}

/// <summary>How a <see cref="Session"/> runs.</summary>
public sealed record SessionOptions
{
    /// <summary>Larger inputs are run in pieces of this size; 0: 1.</summary>
    public int MaxBatch { get; init; }

    /// <summary>Names of the nodes to give out, any of the graph; null: the model's outputs.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    /// <summary>Of images, in <see cref="Session.Run(ReadOnlySpan{Tensor}, ReadOnlySpan{TensorBuffer})"/>,
    /// <see cref="Session.RunImages"/> and <see cref="Session.Evaluate"/>; null: one view.</summary>
    public Crops? Crops { get; init; }

    /// <summary><see cref="Session.RunImages"/> refuses larger images before anything is decoded; 0: 2^27.</summary>
    public long MaxPixels { get; init; }

    internal static unsafe fv_session_desc Native(SessionOptions? it, CallMemory memory)
    {
        var desc = new fv_session_desc
        {
            struct_size = (uint)sizeof(fv_session_desc),
            max_batch = it?.MaxBatch ?? 0,
            max_pixels = it?.MaxPixels ?? 0,
            crops = Fovea.Crops.Native(it?.Crops, memory),
        };
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

    /// <summary>
    /// Runs the network on image files: decoded, brought to the input's size by the model's transform, and with crops
    /// averaged over the views of each.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: sizes, no room;
    /// <see cref="ErrorCode.Format"/>, <see cref="ErrorCode.NotFound"/>: of a file.</exception>
    public void RunImages(ReadOnlySpan<EncodedImage> images, ReadOnlySpan<TensorBuffer> outputs)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var from = memory.Array<fv_encoded_image>(images.Length);
        for (var i = 0; i < images.Length; ++i) from[i] = images[i].Native(memory);
        var to = memory.Array<fv_buffer>(outputs.Length);
        for (var i = 0; i < outputs.Length; ++i) to[i] = memory.Pin(outputs[i]);
        fv_error error;
        Call.Check(NativeMethods.fv_session_run_images(Handle, from, (nuint)images.Length, to, (nuint)outputs.Length,
            &error), &error);
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
