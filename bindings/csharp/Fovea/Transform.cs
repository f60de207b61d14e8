namespace Fovea;

/// <summary>How an image is resampled.</summary>
public enum Interpolation
{
    /// <summary>Between neighbours in proportion.</summary>
    Bilinear = NativeMethods.FV_INTERPOLATION_BILINEAR,

    /// <summary>The pixel under the output's centre.</summary>
    Nearest = NativeMethods.FV_INTERPOLATION_NEAREST,

    /// <summary>With a = -0.5.</summary>
    Bicubic = NativeMethods.FV_INTERPOLATION_BICUBIC,

    /// <summary>The mean of the pixels under the output.</summary>
    Area = NativeMethods.FV_INTERPOLATION_AREA,
}

/// <summary>Channels of an image.</summary>
public enum Channels
{
    /// <summary>As the image has them.</summary>
    Keep = NativeMethods.FV_CHANNELS_KEEP,

    /// <summary>One: 0.299 red + 0.587 green + 0.114 blue.</summary>
    Grey = NativeMethods.FV_CHANNELS_GREY,

    /// <summary>Three: grey is repeated, alpha left out.</summary>
    Rgb = NativeMethods.FV_CHANNELS_RGB,
}

/// <summary>What a mean or a deviation is taken over, beside the samples.</summary>
public enum Statistic
{
    /// <summary>It is not taken.</summary>
    None = NativeMethods.FV_STATISTIC_NONE,

    /// <summary>All elements of a channel, as Keras does it: three numbers for RGB.</summary>
    Channel = NativeMethods.FV_STATISTIC_CHANNEL,

    /// <summary>Nothing else: one number for each element, such as a mean image.</summary>
    Feature = NativeMethods.FV_STATISTIC_FEATURE,
}

/// <summary>A change of axes, after mean and deviation.</summary>
public enum Whitening
{
    /// <summary>None.</summary>
    None = NativeMethods.FV_WHITENING_NONE,

    /// <summary>Only rotated to the principal components: the covariance is diagonal.</summary>
    Pca = NativeMethods.FV_WHITENING_PCA,

    /// <summary>And divided by the root of their eigenvalues + epsilon: it is 1.</summary>
    PcaWhitening = NativeMethods.FV_WHITENING_PCA_WHITENING,

    /// <summary>And turned back: whitened, nearest to the original.</summary>
    Zca = NativeMethods.FV_WHITENING_ZCA,
}

/// <summary>A list of numbers of a <see cref="Transform"/>.</summary>
public enum TransformPart
{
    /// <summary>One, one for each channel, or one for each element.</summary>
    Mean = NativeMethods.FV_TRANSFORM_MEAN,

    /// <summary>Likewise.</summary>
    Stddev = NativeMethods.FV_TRANSFORM_STDDEV,

    /// <summary>Of whitening, [elements][components].</summary>
    Matrix = NativeMethods.FV_TRANSFORM_MATRIX,

    /// <summary>Of the covariance, descending.</summary>
    Eigenvalues = NativeMethods.FV_TRANSFORM_EIGENVALUES,
}

/// <summary>
/// What is done to every sample that enters the network: x * scale; the sample's own mean and deviation, where asked for;
/// (x - mean[c]) / deviation[c], where c is the channel or the element. Images of another size than the network's input are
/// first brought to it. Saved with the model.
/// </summary>
public sealed record InputTransform
{
    /// <summary>The defaults.</summary>
    public InputTransform()
    {
    }

    internal unsafe InputTransform(in fv_transform_desc native)
    {
        Scale = native.scale == NativeMethods.FV_ZERO ? 0 : native.scale;
        Mean = native.mean == null ? null : new ReadOnlySpan<double>(native.mean, native.channels).ToArray();
        StandardDeviation =
            native.stddev == null ? null : new ReadOnlySpan<double>(native.stddev, native.channels).ToArray();
        SamplewiseCenter = native.samplewise_center != 0;
        SamplewiseStdNormalization = native.samplewise_std_normalization != 0;
        Color = (Channels)native.color;
        Interpolation = (Interpolation)native.interpolation;
        NoAntialias = native.no_antialias != 0;
        ResizeShort = native.resize_short;
        Resize = (native.resize_height, native.resize_width);
        Crop = (native.crop_height, native.crop_width);
    }

    /// <summary>Null: 1. For pixels of <see cref="byte"/> 1.0 / 255.</summary>
    public double? Scale { get; init; }

    /// <summary>One for all channels, one for each, or one for each element; null: 0.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>As many as <see cref="Mean"/>, each more than 0; null: 1.</summary>
    public IReadOnlyList<double>? StandardDeviation { get; init; }

    /// <summary>Minus the mean of all the sample's values.</summary>
    public bool SamplewiseCenter { get; init; }

    /// <summary>Divided by their deviation + 1e-6.</summary>
    public bool SamplewiseStdNormalization { get; init; }

    /// <summary>The channels that images get.</summary>
    public Channels Color { get; init; }

    /// <summary>How images are resized.</summary>
    public Interpolation Interpolation { get; init; }

    /// <summary>Windows do not grow where an image shrinks.</summary>
    public bool NoAntialias { get; init; }

    /// <summary>Length of the shorter side, the longer one in proportion; 0: as it is.</summary>
    public int ResizeShort { get; init; }

    /// <summary>Exactly so large; 0: as it is.</summary>
    public (int Height, int Width) Resize { get; init; }

    /// <summary>Of the middle; 0: the input's.</summary>
    public (int Height, int Width) Crop { get; init; }

    internal static unsafe fv_transform_desc* Native(InputTransform? it, CallMemory memory)
    {
        if (it is null) return null;
        if (it is { Mean: { } mean, StandardDeviation: { } deviation } && mean.Count != deviation.Count)
            throw new ArgumentException($"{mean.Count} means, but {deviation.Count} deviations", nameof(it));
        return memory.Value(new fv_transform_desc
        {
            struct_size = (uint)sizeof(fv_transform_desc),
            channels = (it.Mean ?? it.StandardDeviation)?.Count ?? 0,
            scale = Call.Number(it.Scale),
            mean = it.Mean is null ? null : memory.Copy<double>(it.Mean.ToArray()),
            stddev = it.StandardDeviation is null ? null : memory.Copy<double>(it.StandardDeviation.ToArray()),
            samplewise_center = Call.Flag(it.SamplewiseCenter),
            samplewise_std_normalization = Call.Flag(it.SamplewiseStdNormalization),
            color = (int)it.Color,
            interpolation = (int)it.Interpolation,
            no_antialias = Call.Flag(it.NoAntialias),
            resize_short = it.ResizeShort,
            resize_height = it.Resize.Height,
            resize_width = it.Resize.Width,
            crop_height = it.Crop.Height,
            crop_width = it.Crop.Width,
        });
    }
}

/// <summary>How a <see cref="Transform"/> is fitted.</summary>
public sealed record TransformFitOptions
{
    /// <summary>Subtracted.</summary>
    public Statistic FeaturewiseCenter { get; init; }

    /// <summary>Divided by; sigma over N, 1 where all samples have the same value.</summary>
    public Statistic FeaturewiseStdNormalization { get; init; }

    /// <summary>After both. Its mean is by feature, whether or not that is asked for.</summary>
    public Whitening Whitening { get; init; }

    /// <summary>Added to the eigenvalues; null: 1e-6.</summary>
    public double? ZcaEpsilon { get; init; }

    /// <summary>The first so many; 0: all.</summary>
    public long Components { get; init; }

    /// <summary>Looks at so many, spread evenly over the dataset; 0: all.</summary>
    public long MaxSamples { get; init; }

    /// <summary>What comes before, without means and deviations; null: nothing.</summary>
    public InputTransform? Base { get; init; }
}

/// <summary>How many numbers a <see cref="Transform"/> has.</summary>
/// <param name="SampleShape">Of what its numbers are applied to, after the geometry.</param>
/// <param name="Means">Entries; 0: none.</param>
/// <param name="StandardDeviations">Likewise.</param>
/// <param name="Components">Of whitening.</param>
/// <param name="Geometry">Images of other sizes are brought to the shape.</param>
public sealed record TransformInfo(Shape SampleShape, long Means, long StandardDeviations, long Components, bool Geometry);

/// <summary>
/// A transform with numbers fitted on a training set. Immutable; a model made with it has it for good, and so has every host
/// that loads the model.
/// </summary>
public sealed unsafe class Transform : FoveaObject
{
    internal Transform(TransformHandle handle) : base(handle)
    {
    }

    internal TransformHandle Handle => Alive<TransformHandle>();

    /// <summary>Fits on the samples of a dataset, in <see cref="double"/>.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: options and shapes that do not go together,
    /// a dataset that is marked as a test set.</exception>
    public static Transform Fit(Context context, Dataset dataset, TransformFitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(dataset);
        options ??= new TransformFitOptions();
        using var memory = new CallMemory();
        var desc = new fv_transform_fit_desc
        {
            struct_size = (uint)sizeof(fv_transform_fit_desc),
            featurewise_center = (int)options.FeaturewiseCenter,
            featurewise_std_normalization = (int)options.FeaturewiseStdNormalization,
            whitening = (int)options.Whitening,
            zca_epsilon = Call.Number(options.ZcaEpsilon),
            components = options.Components,
            max_samples = options.MaxSamples,
            @base = InputTransform.Native(options.Base, memory),
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_transform_fit(context.Handle, dataset.Handle, &desc, &made, &error);
        return new Transform(Call.Check(status, &error, new TransformHandle(made)));
    }

    /// <summary>What the network would see of one sample: <see cref="float"/> or <see cref="double"/>, bit for bit what a
    /// model of that type computes with.</summary>
    public void Apply(Tensor sample, TensorBuffer output)
    {
        using var memory = new CallMemory();
        var from = memory.Pin(sample);
        var to = memory.Pin(output);
        fv_error error;
        Call.Check(NativeMethods.fv_transform_apply(Handle, &from, &to, &error), &error);
        output.Shape = Shape.From(to.shape, to.rank);
    }

    /// <summary>The same of an image file, decoded to the channels of the fitted shape.</summary>
    public void ApplyImage(EncodedImage image, TensorBuffer output)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var memory = new CallMemory();
        var from = image.Native(memory);
        var to = memory.Pin(output);
        fv_error error;
        Call.Check(NativeMethods.fv_transform_apply_image(Handle, &from, &to, &error), &error);
        output.Shape = Shape.From(to.shape, to.rank);
    }

    /// <summary>One list of its numbers.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>: it has none.</exception>
    public double[] Values(TransformPart part)
    {
        var info = Info;
        var elements = info.SampleShape.Elements;
        var values = new double[part switch
        {
            TransformPart.Mean => info.Means,
            TransformPart.Stddev => info.StandardDeviations,
            TransformPart.Matrix => info.Components > 0 ? elements * elements : 0,
            _ => info.Components,
        }];
        fv_error error;
        fixed (double* memory = values)
        {
            var buffer = Call.Buffer(memory, values.Length);
            Call.Check(NativeMethods.fv_transform_get(Handle, (int)part, &buffer, &error), &error);
            return values[..(int)Shape.From(buffer.shape, buffer.rank).Elements];
        }
    }

    /// <summary>All of it but whitening, which is <see cref="ErrorCode.Unsupported"/> here.</summary>
    public InputTransform InputTransform
    {
        get
        {
            var desc = new fv_transform_desc { struct_size = (uint)sizeof(fv_transform_desc) };
            fv_error error;
            Call.Check(NativeMethods.fv_transform_get_desc(Handle, &desc, &error), &error);
            return new InputTransform(desc);
        }
    }

    /// <summary>How many numbers it has.</summary>
    public TransformInfo Info
    {
        get
        {
            var info = new fv_transform_info { struct_size = (uint)sizeof(fv_transform_info) };
            fv_error error;
            Call.Check(NativeMethods.fv_transform_get_info(Handle, &info, &error), &error);
            return new TransformInfo(Shape.From(info.sample_shape, info.sample_rank), info.means, info.stddevs,
                info.components, info.geometry != 0);
        }
    }
}

/// <summary>Keeps a transform while a descriptor points to it; null stands for NULL.</summary>
internal readonly ref struct LentTransform
{
    private readonly TransformHandle? _handle;

    internal LentTransform(Transform? transform)
    {
        if (transform is null) return;
        var held = false;
        transform.Handle.DangerousAddRef(ref held);
        _handle = transform.Handle;
    }

    internal nint Native => _handle?.DangerousGetHandle() ?? 0;

    public void Dispose() => _handle?.DangerousRelease();
}

public sealed unsafe partial class Model
{
    /// <summary>The whole transform of one input.</summary>
    public Transform FittedTransform(int input = 0)
    {
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_model_transform(Handle, input, &made, &error);
        return new Transform(Call.Check(status, &error, new TransformHandle(made)));
    }
}
