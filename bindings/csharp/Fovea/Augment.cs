using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>What a step of an augmentation does; fovea/augment.h says it exactly, with the draws.</summary>
public enum AugmentKind
{
    /// <summary>Left to right; probability 0.5 where none is given.</summary>
    HorizontalFlip = NativeMethods.FV_AUGMENT_HORIZONTAL_FLIP,

    /// <summary>Top to bottom; probability 0.5 where none is given.</summary>
    VerticalFlip = NativeMethods.FV_AUGMENT_VERTICAL_FLIP,

    /// <summary>A window of the size at a random place, after padding.</summary>
    Crop = NativeMethods.FV_AUGMENT_CROP,

    /// <summary>The window of the size in the middle.</summary>
    CenterCrop = NativeMethods.FV_AUGMENT_CENTER_CROP,

    /// <summary>To the size; with width 0 the shorter side to the height.</summary>
    Resize = NativeMethods.FV_AUGMENT_RESIZE,

    /// <summary>The shorter side to a number of the range (256 to 480), then a window of the size (224), as ResNet.</summary>
    ScaleCrop = NativeMethods.FV_AUGMENT_SCALE_CROP,

    /// <summary>A window of a share of the area (0.08 to 1) and a ratio (second range, 3/4 to 4/3), resized to the size.</summary>
    ResizedCrop = NativeMethods.FV_AUGMENT_RESIZED_CROP,

    /// <summary>By degrees, counterclockwise.</summary>
    Rotation = NativeMethods.FV_AUGMENT_ROTATION,

    /// <summary>To the right by the range, down by the second, in shares of the extents or pixels.</summary>
    Shift = NativeMethods.FV_AUGMENT_SHIFT,

    /// <summary>By degrees, horizontally of the range, vertically of the second.</summary>
    Shear = NativeMethods.FV_AUGMENT_SHEAR,

    /// <summary>The view becomes a factor as large.</summary>
    Zoom = NativeMethods.FV_AUGMENT_ZOOM,

    /// <summary>Likewise, width of the range, height of the second.</summary>
    Stretch = NativeMethods.FV_AUGMENT_STRETCH,

    /// <summary>Corners move inwards by shares of half the extents (0 to 0.5).</summary>
    Perspective = NativeMethods.FV_AUGMENT_PERSPECTIVE,

    /// <summary>k1 of the range (above 0: barrel), k2 of the second.</summary>
    Lens = NativeMethods.FV_AUGMENT_LENS,

    /// <summary>alpha of the range (34), sigma of the second (4).</summary>
    Elastic = NativeMethods.FV_AUGMENT_ELASTIC,

    /// <summary>By a factor.</summary>
    Brightness = NativeMethods.FV_AUGMENT_BRIGHTNESS,

    /// <summary>By a factor.</summary>
    Contrast = NativeMethods.FV_AUGMENT_CONTRAST,

    /// <summary>By a factor.</summary>
    Saturation = NativeMethods.FV_AUGMENT_SATURATION,

    /// <summary>By a share of the circle.</summary>
    Hue = NativeMethods.FV_AUGMENT_HUE,

    /// <summary>By an exponent.</summary>
    Gamma = NativeMethods.FV_AUGMENT_GAMMA,

    /// <summary>A number is added to all values, as Keras.</summary>
    ChannelShift = NativeMethods.FV_AUGMENT_CHANNEL_SHIFT,

    /// <summary>Along the axes of colors, with a deviation of the range (0.1).</summary>
    ColorOffset = NativeMethods.FV_AUGMENT_COLOR_OFFSET,

    /// <summary>To grey levels; probability 0.1 where none is given.</summary>
    Grey = NativeMethods.FV_AUGMENT_GREY,

    /// <summary>By a Gaussian with sigma of the range (0.1 to 2).</summary>
    Blur = NativeMethods.FV_AUGMENT_BLUR,

    /// <summary>Normal, with a deviation of the range.</summary>
    Noise = NativeMethods.FV_AUGMENT_NOISE,

    /// <summary>A window of the size becomes the fill value.</summary>
    Cutout = NativeMethods.FV_AUGMENT_CUTOUT,

    /// <summary>Likewise a window of a share of the area (0.02 to 0.33) and a ratio (0.3 to 3.3); probability 0.5 where none is given.</summary>
    Erasing = NativeMethods.FV_AUGMENT_ERASING,

    /// <summary>By a factor.</summary>
    Sharpness = NativeMethods.FV_AUGMENT_SHARPNESS,

    /// <summary>To as many bits.</summary>
    Posterize = NativeMethods.FV_AUGMENT_POSTERIZE,

    /// <summary>Values from a grey level on are inverted.</summary>
    Solarize = NativeMethods.FV_AUGMENT_SOLARIZE,

    /// <summary>Each channel from black to white.</summary>
    AutoContrast = NativeMethods.FV_AUGMENT_AUTO_CONTRAST,

    /// <summary>Each channel with a flat histogram.</summary>
    Equalize = NativeMethods.FV_AUGMENT_EQUALIZE,

    /// <summary>White minus the value.</summary>
    Invert = NativeMethods.FV_AUGMENT_INVERT,

    /// <summary>Some steps of torchvision's list with one magnitude.</summary>
    RandAugment = NativeMethods.FV_AUGMENT_RAND_AUGMENT,

    /// <summary>One step of the wide list with a random magnitude.</summary>
    TrivialAugment = NativeMethods.FV_AUGMENT_TRIVIAL_AUGMENT,

    /// <summary>Values times the range's lower end, as single precision.</summary>
    Rescale = NativeMethods.FV_AUGMENT_RESCALE,

    /// <summary>The host's own: see <see cref="AugmentStep.Function"/>.</summary>
    Callback = NativeMethods.FV_AUGMENT_CALLBACK,

    /// <summary>As many steps after it as its count says are done or left out together; probability 0.5 where none is given.</summary>
    RandomApply = NativeMethods.FV_AUGMENT_RANDOM_APPLY,

    /// <summary>One of the steps after it that its count says is done.</summary>
    RandomChoice = NativeMethods.FV_AUGMENT_RANDOM_CHOICE,

    /// <summary>The steps after it that its count says, in an order that is drawn.</summary>
    RandomOrder = NativeMethods.FV_AUGMENT_RANDOM_ORDER,
}

/// <summary>What is beside the image a b c d.</summary>
public enum FillMode
{
    /// <summary>The fill value.</summary>
    Constant = NativeMethods.FV_FILL_CONSTANT,

    /// <summary>a a a | a b c d | d d d.</summary>
    Nearest = NativeMethods.FV_FILL_NEAREST,

    /// <summary>c b a | a b c d | d c b.</summary>
    Reflect = NativeMethods.FV_FILL_REFLECT,

    /// <summary>b c d | a b c d | a b c.</summary>
    Wrap = NativeMethods.FV_FILL_WRAP,
}

/// <summary>The principal axes of a training set's colors.</summary>
public sealed unsafe record ColorAxes
{
    /// <summary>[channel][axis], nine numbers: unit vectors are its columns.</summary>
    public required ReadOnlyMemory<double> Axes { get; init; }

    /// <summary>Three variances along the axes, of values in units of white; the largest first.</summary>
    public required ReadOnlyMemory<double> Variances { get; init; }

    /// <summary>Of up to so many (0: all) of a dataset's RGB images.</summary>
    /// <param name="dataset">RGB images.</param>
    /// <param name="maxSamples">0: all.</param>
    /// <param name="white">The value of white in images of single precision.</param>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no RGB images.</exception>
    public static ColorAxes Fit(Dataset dataset, long maxSamples = 0, double white = 1)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        fv_color_axes native;
        fv_error error;
        var status = NativeMethods.fv_augmentation_fit_colors(dataset.Handle, maxSamples, white, &native, &error);
        Call.Check(status, &error);
        return new()
        {
            Axes = new ReadOnlySpan<double>(native.axes, 9).ToArray(),
            Variances = new ReadOnlySpan<double>(native.variances, 3).ToArray(),
        };
    }

    internal fv_color_axes Native()
    {
        if (Axes.Length != 9 || Variances.Length != 3)
            throw new ArgumentException($"there are {Axes.Length} axes and {Variances.Length} variances, not 9 and 3");
        fv_color_axes native;
        Axes.Span.CopyTo(new Span<double>(native.axes, 9));
        Variances.Span.CopyTo(new Span<double>(native.variances, 3));
        return native;
    }
}

/// <summary>The image that a callback changes in place.</summary>
public readonly unsafe ref struct AugmentedImage
{
    private readonly fv_buffer* _image;

    internal AugmentedImage(fv_buffer* image, ulong random)
    {
        _image = image;
        Random = random;
    }

    /// <summary>Height, width, channels.</summary>
    public Shape Shape => Shape.From(_image->shape, _image->rank);

    /// <summary><see cref="DType.U8"/> or <see cref="DType.F32"/>.</summary>
    public DType DType => (DType)_image->dtype;

    /// <summary>Drawn for this image, to seed a generator of your own.</summary>
    public ulong Random { get; }

    /// <summary>The values of an image of this type.</summary>
    /// <exception cref="InvalidOperationException">It is of another.</exception>
    public Span<T> Values<T>() where T : unmanaged =>
        DTypes.Of<T>() == DType
            ? new Span<T>(_image->data, checked((int)Shape.Elements))
            : throw new InvalidOperationException($"the image is of type {DType}");
}

/// <summary>Changes an image in place. It runs on the threads of the context, several at once; an exception fails the call
/// that wanted the image.</summary>
public delegate void AugmentFunction(AugmentedImage image);

/// <summary>A step of an <see cref="Augmentation"/>. What its kind has no use for stays as it is.</summary>
public sealed record AugmentStep
{
    /// <summary>A step with its defaults.</summary>
    public AugmentStep()
    {
    }

    /// <summary>A step with its defaults.</summary>
    [SetsRequiredMembers]
    public AugmentStep(AugmentKind kind) => Kind = kind;

    /// <summary>A step with a range.</summary>
    [SetsRequiredMembers]
    public AugmentStep(AugmentKind kind, double low, double high) => (Kind, Range) = (kind, (low, high));

    /// <summary>What it does.</summary>
    public required AugmentKind Kind { get; init; }

    /// <summary>Of being done; null: as the kind says.</summary>
    public double? Probability { get; init; }

    /// <summary>From which it draws; null: the kind's default.</summary>
    public (double Low, double High)? Range { get; init; }

    /// <summary>Likewise.</summary>
    public (double Low, double High)? SecondRange { get; init; }

    /// <summary>In pixels; width 0: a square.</summary>
    public (long Height, long Width) Size { get; init; }

    /// <summary>Of a crop, on each side.</summary>
    public long Padding { get; init; }

    /// <summary>Of geometric steps, of resizing and of the policies.</summary>
    public Interpolation Interpolation { get; init; }

    /// <summary>Of crops, geometric steps and the policies.</summary>
    public FillMode FillMode { get; init; }

    /// <summary>In the image's own unit.</summary>
    public double FillValue { get; init; }

    /// <summary>A shift's ranges are pixels.</summary>
    public bool Pixels { get; init; }

    /// <summary>Erasing draws every value.</summary>
    public bool RandomFill { get; init; }

    /// <summary>RandAugment: how many steps, 0: 2; of a group: how many steps after it.</summary>
    public int Count { get; init; }

    /// <summary>RandAugment: 0 to 30; null: 9.</summary>
    public int? Magnitude { get; init; }

    /// <summary>Of a color offset; null: those of ImageNet.</summary>
    public ColorAxes? Colors { get; init; }

    /// <summary>Of a callback.</summary>
    public AugmentFunction? Function { get; init; }

    /// <summary>Of a callback; part of the dataset's fingerprint.</summary>
    public string? Name { get; init; }

    private static (double Low, double High) Ends((double Low, double High)? range) => range switch
    {
        null => default,
        (0, 0) => (NativeMethods.FV_ZERO, NativeMethods.FV_ZERO),
        var (low, high) => (low, high),
    };

    internal unsafe fv_augment_desc* Native(CallMemory memory, AugmentState? state)
    {
        var (low, high) = Ends(Range);
        var (secondLow, secondHigh) = Ends(SecondRange);
        var desc = new fv_augment_desc
        {
            struct_size = (uint)sizeof(fv_augment_desc),
            step = (int)Kind,
            probability = Call.Number(Probability),
            low = low,
            high = high,
            second_low = secondLow,
            second_high = secondHigh,
            padding = Padding,
            interpolation = (int)Interpolation,
            fill_mode = (int)FillMode,
            fill_value = FillValue,
            pixels = Call.Flag(Pixels),
            random_fill = Call.Flag(RandomFill),
            count = Count,
            magnitude = Magnitude is 0 ? -1 : Magnitude ?? 0,
            name = memory.Text(Name),
        };
        (desc.size[0], desc.size[1]) = Size;
        if (Colors is not null) desc.colors = Colors.Native();
        if (state is not null)
        {
            desc.function = AugmentState.CallFunction;
            desc.user = state.User;
            desc.drop = HostState.DropFunction;
        }
        return memory.Value(desc);
    }
}

/// <summary>The arguments of Keras's ImageDataGenerator, by their names and with their defaults. Its normalisation is the
/// model's transform.</summary>
public sealed record ImageDataGenerator
{
    /// <summary>Degrees.</summary>
    public double RotationRange { get; init; }

    /// <summary>Below 1 a share of the width, else pixels.</summary>
    public double WidthShiftRange { get; init; }

    /// <summary>Below 1 a share of the height, else pixels.</summary>
    public double HeightShiftRange { get; init; }

    /// <summary>Factors; null: none.</summary>
    public (double Low, double High)? BrightnessRange { get; init; }

    /// <summary>Degrees.</summary>
    public double ShearRange { get; init; }

    /// <summary>Factors; null: none.</summary>
    public (double Low, double High)? ZoomRange { get; init; }

    /// <summary>In the image's own unit.</summary>
    public double ChannelShiftRange { get; init; }

    /// <summary>What is beside the image.</summary>
    public FillMode FillMode { get; init; } = FillMode.Nearest;

    /// <summary>The value of <see cref="FillMode.Constant"/>.</summary>
    public double Cval { get; init; }

    /// <summary>Half of the images.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>Half of the images.</summary>
    public bool VerticalFlip { get; init; }

    /// <summary>0: none; else the result is of single precision.</summary>
    public double Rescale { get; init; }

    /// <summary>After the others, before the rescaling.</summary>
    public AugmentFunction? PreprocessingFunction { get; init; }

    /// <summary>The value of white in images of single precision.</summary>
    public double White { get; init; } = 255;
}

/// <summary>How <see cref="Augmentation.ContactSheet"/> draws.</summary>
public sealed record ContactSheetOptions
{
    /// <summary>Of images; 0: 16.</summary>
    public int Count { get; init; }

    /// <summary>0: about as many as rows.</summary>
    public int Columns { get; init; }

    /// <summary>Each value becomes so many pixels a side; 0: chosen.</summary>
    public int Zoom { get; init; }

    /// <summary>Of the draws.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Images changed at random, so that a network sees each of them in many ways: an immutable pipeline of steps, which
/// many threads may use at once.</summary>
public sealed unsafe class Augmentation : FoveaObject
{
    private Augmentation(AugmentationHandle handle) : base(handle)
    {
    }

    internal AugmentationHandle Handle => Alive<AugmentationHandle>();

    /// <summary>A pipeline of up to 64 steps, done in that order.</summary>
    /// <param name="context">Whose threads and memory it uses.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="white">The value of white in images of single precision.</param>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: the message names the step.</exception>
    public static Augmentation Create(Context context, ReadOnlySpan<AugmentStep> steps, double white = 1)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        var states = new List<AugmentState>();
        try
        {
            var native = (fv_augment_desc**)memory.Array<nint>(steps.Length);
            for (var i = 0; i < steps.Length; ++i)
            {
                ArgumentNullException.ThrowIfNull(steps[i], nameof(steps));
                if (steps[i].Function is { } function) states.Add(new AugmentState(function));
                native[i] = steps[i].Native(memory, steps[i].Function is null ? null : states[^1]);
            }
            var desc = new fv_augmentation_desc { struct_size = (uint)sizeof(fv_augmentation_desc), white = white };
            fv_error error;
            nint made = 0;
            var status = NativeMethods.fv_augmentation_create(context.Handle, native, (nuint)steps.Length, &desc, &made, &error);
            return new Augmentation(Call.Check(status, &error, new AugmentationHandle(made)));
        }
        catch
        {
            // The library may never have been reached.
            foreach (var state in states) state.Drop();
            throw;
        }
    }

    /// <summary>The pipeline of Keras's generator.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a range that makes no sense.</exception>
    public static Augmentation FromKeras(Context context, ImageDataGenerator options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var state = options.PreprocessingFunction is { } function ? new AugmentState(function) : null;
        try
        {
            var desc = new fv_image_data_generator_desc
            {
                struct_size = (uint)sizeof(fv_image_data_generator_desc),
                rotation_range = options.RotationRange,
                width_shift_range = options.WidthShiftRange,
                height_shift_range = options.HeightShiftRange,
                shear_range = options.ShearRange,
                channel_shift_range = options.ChannelShiftRange,
#pragma warning disable CA1308 // Keras's names
                fill_mode = memory.Text(options.FillMode.ToString().ToLowerInvariant()),
#pragma warning restore CA1308
                cval = options.Cval,
                horizontal_flip = Call.Flag(options.HorizontalFlip),
                vertical_flip = Call.Flag(options.VerticalFlip),
                rescale = options.Rescale,
                white = options.White,
            };
            (desc.brightness_range[0], desc.brightness_range[1]) = options.BrightnessRange ?? default;
            (desc.zoom_range[0], desc.zoom_range[1]) = options.ZoomRange ?? default;
            if (state is not null)
            {
                desc.preprocessing_function = AugmentState.CallFunction;
                desc.user = state.User;
                desc.drop = HostState.DropFunction;
            }
            fv_error error;
            nint made = 0;
            var status = NativeMethods.fv_augmentation_from_keras(context.Handle, &desc, &made, &error);
            return new Augmentation(Call.Check(status, &error, new AugmentationHandle(made)));
        }
        catch
        {
            state?.Drop();
            throw;
        }
    }

    /// <summary>What it makes of an image, [height][width][channels], as a training with the seed has it at a position of an
    /// epoch.</summary>
    /// <returns>The shape of the result.</returns>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no image, too little room.</exception>
    public Shape Apply<T>(Tensor image, ulong seed, long epoch, long position, Span<T> result) where T : unmanaged
    {
        using var memory = new CallMemory();
        var native = memory.Pin(image);
        fixed (T* data = result)
        {
            var buffer = Call.Buffer(data, result.Length);
            fv_error error;
            Call.Check(NativeMethods.fv_augmentation_apply(Handle, &native, seed, epoch, position, &buffer, &error), &error);
            return Shape.From(buffer.shape, buffer.rank);
        }
    }

    /// <summary>The shape that images of a shape come out with.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public Shape ShapeOf(Shape shape)
    {
        if (shape.Rank != 3) throw new ArgumentException($"the shape is {shape}, not height, width, channels", nameof(shape));
        var given = stackalloc long[3];
        var made = stackalloc long[3];
        shape.CopyTo(new Span<long>(given, 3));
        fv_error error;
        Call.Check(NativeMethods.fv_augmentation_shape(Handle, given, made, &error), &error);
        return Shape.From(made, 3);
    }

    /// <summary>Draws one image as it makes it at positions 0, 1, 2, ... into a PNG file, for a person to look at.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.NotFound"/>,
    /// <see cref="ErrorCode.IO"/>.</exception>
    public void ContactSheet(string path, Tensor image, ContactSheetOptions? options = null)
    {
        options ??= new ContactSheetOptions();
        using var memory = new CallMemory();
        var native = memory.Pin(image);
        var desc = new fv_contact_sheet_desc
        {
            struct_size = (uint)sizeof(fv_contact_sheet_desc),
            count = options.Count,
            columns = options.Columns,
            zoom = options.Zoom,
            seed = options.Seed,
        };
        fv_error error;
        Call.Check(NativeMethods.fv_augmentation_contact_sheet(Handle, &native, &desc, memory.Required(path), &error), &error);
    }
}

public sealed unsafe partial class Dataset
{
    /// <summary>Its images as the pipeline makes them: drawn anew in every epoch of a training; read otherwise, a sample is
    /// always the same.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: samples are no images.</exception>
    public Dataset Augment(Augmentation augmentation)
    {
        ArgumentNullException.ThrowIfNull(augmentation);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_augment(Handle, augmentation.Handle, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }
}

internal sealed class AugmentationHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_augmentation_destroy(native);
}

/// <summary>A callback of an augmentation.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class AugmentState(AugmentFunction function) : HostState
{
    internal static delegate* unmanaged[Cdecl]<void*, fv_buffer*, ulong, fv_error*, int> CallFunction => &OnCall;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCall(void* user, fv_buffer* image, ulong random, fv_error* error)
    {
        try
        {
            Of<AugmentState>(user).Run(new AugmentedImage(image, random));
            return NativeMethods.FV_OK;
        }
        catch (FoveaException e)
        {
            return CustomNative.Failed(e, error);
        }
        catch (Exception e)
        {
            // The thread may be the library's, where no call of the host's could go on with it.
            return CustomNative.Failed(new FoveaException(ErrorCode.Internal, e.Message), error);
        }
    }

    private void Run(AugmentedImage image) => function(image);
}
