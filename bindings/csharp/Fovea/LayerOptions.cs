namespace Fovea;

/// <summary>How parameters start.</summary>
public enum InitializerKind
{
    /// <summary>He normal in front of a ReLU and its kin, Glorot uniform elsewhere; zeros for a bias.</summary>
    Automatic = NativeMethods.FV_INIT_AUTOMATIC,

    /// <summary>0.</summary>
    Zeros = NativeMethods.FV_INIT_ZEROS,

    /// <summary><see cref="Initializer.Value"/>.</summary>
    Constant = NativeMethods.FV_INIT_CONSTANT,

    /// <summary>Normal, with <see cref="Initializer.Mean"/> and <see cref="Initializer.StandardDeviation"/>.</summary>
    Normal = NativeMethods.FV_INIT_NORMAL,

    /// <summary>Uniform between <see cref="Initializer.Low"/> and <see cref="Initializer.High"/>.</summary>
    Uniform = NativeMethods.FV_INIT_UNIFORM,

    /// <summary>Normal, deviation gain * sqrt(2 / (fan-in + fan-out)).</summary>
    GlorotNormal = NativeMethods.FV_INIT_GLOROT_NORMAL,

    /// <summary>Uniform up to gain * sqrt(6 / (fan-in + fan-out)).</summary>
    GlorotUniform = NativeMethods.FV_INIT_GLOROT_UNIFORM,

    /// <summary>Normal, deviation gain * sqrt(2 / fan-in).</summary>
    HeNormal = NativeMethods.FV_INIT_HE_NORMAL,

    /// <summary>Uniform up to gain * sqrt(6 / fan-in).</summary>
    HeUniform = NativeMethods.FV_INIT_HE_UNIFORM,

    /// <summary>Normal, what lies beyond two deviations drawn again.</summary>
    TruncatedNormal = NativeMethods.FV_INIT_TRUNCATED_NORMAL,

    /// <summary>Normal, deviation gain * sqrt(1 / fan-in).</summary>
    LecunNormal = NativeMethods.FV_INIT_LECUN_NORMAL,

    /// <summary>Uniform up to gain * sqrt(3 / fan-in).</summary>
    LecunUniform = NativeMethods.FV_INIT_LECUN_UNIFORM,

    /// <summary>As <see cref="HeNormal"/>, with fan-out.</summary>
    HeNormalOut = NativeMethods.FV_INIT_HE_NORMAL_OUT,

    /// <summary>As <see cref="HeUniform"/>, with fan-out.</summary>
    HeUniformOut = NativeMethods.FV_INIT_HE_UNIFORM_OUT,

    /// <summary>Orthonormal columns, or rows where these are fewer, times gain.</summary>
    Orthogonal = NativeMethods.FV_INIT_ORTHOGONAL,

    /// <summary>Gain where output channel = input channel, in a convolution at the centre.</summary>
    Identity = NativeMethods.FV_INIT_IDENTITY,

    /// <summary>Sussillo and Abbott 2014.</summary>
    RandomWalk = NativeMethods.FV_INIT_RANDOM_WALK,
}

/// <summary>How a parameter tensor starts.</summary>
public sealed record Initializer
{
    /// <summary>The distribution.</summary>
    public InitializerKind Kind { get; init; }

    /// <summary>Of <see cref="InitializerKind.Constant"/>.</summary>
    public double Value { get; init; }

    /// <summary>Of <see cref="InitializerKind.Normal"/>.</summary>
    public double Mean { get; init; }

    /// <summary>Of <see cref="InitializerKind.Normal"/>; null: 0.01.</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>Of <see cref="InitializerKind.Uniform"/>; with neither bound: -0.05 to 0.05.</summary>
    public double? Low { get; init; }

    /// <summary>Of <see cref="InitializerKind.Uniform"/>.</summary>
    public double? High { get; init; }

    /// <summary>Of the Glorot and He kinds; null: 1.</summary>
    public double? Gain { get; init; }

    internal static unsafe fv_initializer_desc* Native(Initializer? it, CallMemory memory) =>
        it is null ? null : memory.Value(new fv_initializer_desc
        {
            struct_size = (uint)sizeof(fv_initializer_desc),
            kind = (int)it.Kind,
            value = it.Value,
            mean = it.Mean,
            stddev = Call.Number(it.StandardDeviation),
            low = Call.Number(it.Low),
            high = Call.Number(it.High),
            gain = Call.Number(it.Gain),
        });
}

/// <summary>A penalty on a parameter tensor, or on a layer's output (the mean over the batch), added to the loss.</summary>
public sealed record Regularizer
{
    /// <summary>The strength, at least 0.</summary>
    public double L2 { get; init; }

    /// <summary>False: L2 / 2 times the sum of squares (weight decay); true: L2 times the sum of squares (Keras).</summary>
    public bool FullSquare { get; init; }

    /// <summary>The strength of L1 times the sum of sizes, at least 0.</summary>
    public double L1 { get; init; }

    internal static unsafe fv_regularizer_desc* Native(Regularizer? it, CallMemory memory) =>
        it is null ? null : memory.Value(new fv_regularizer_desc
        {
            struct_size = (uint)sizeof(fv_regularizer_desc),
            full_square = Call.Flag(it.FullSquare),
            l2 = it.L2,
            l1 = it.L1,
        });
}

/// <summary>What surrounds an image before a window slides over it.</summary>
public enum Padding
{
    /// <summary>What <c>Pad</c> says; nothing by default ("valid").</summary>
    Explicit = NativeMethods.FV_PAD_EXPLICIT,

    /// <summary>As much as makes the output's extent ceil(input / stride); an odd cell goes to the bottom and right.</summary>
    Same = NativeMethods.FV_PAD_SAME,
}

/// <summary>How a convolution computes. All give the same result up to rounding.</summary>
public enum ConvAlgorithm
{
    /// <summary>By shape, the fastest as measured.</summary>
    Automatic = NativeMethods.FV_CONV_AUTOMATIC,

    /// <summary>One matrix product; for 1×1, stride 1, no padding, one group.</summary>
    Gemm = NativeMethods.FV_CONV_GEMM,

    /// <summary>Blocks of rows unfolded, then matrix products; any shape.</summary>
    Im2col = NativeMethods.FV_CONV_IM2COL,

    /// <summary>SIMD straight from the image rows; any shape.</summary>
    Direct = NativeMethods.FV_CONV_DIRECT,

    /// <summary>For one group per input channel.</summary>
    Depthwise = NativeMethods.FV_CONV_DEPTHWISE,

    /// <summary>F(4×4, 3×3), a quarter of the multiplications, several times the rounding error; for 3×3, stride 1,
    /// dilation 1, one group.</summary>
    Winograd = NativeMethods.FV_CONV_WINOGRAD,
}

/// <summary>An input of the network.</summary>
public sealed record InputOptions
{
    /// <summary>Unique in the graph; null: numbered by kind. So for all layers.</summary>
    public string? Name { get; init; }

    /// <summary>Of one sample: <c>[28, 28, 1]</c>.</summary>
    public required Shape Shape { get; init; }
}

/// <summary>A layer that needs nothing but a name.</summary>
public sealed record LayerOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }
}

/// <summary>A convolution.</summary>
public sealed record Conv2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Output channels.</summary>
    public required long Filters { get; init; }

    /// <summary>The window.</summary>
    public required Size2D Kernel { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Dilation { get; init; }

    /// <summary>Default 1; divides the input channels and the filters.</summary>
    public long Groups { get; init; }

    /// <summary>Default: what <see cref="Pad"/> says.</summary>
    public Padding Padding { get; init; }

    /// <summary>With <see cref="Padding.Explicit"/>; default 0.</summary>
    public Edges Pad { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>Applied to the output.</summary>
    public Activation Activation { get; init; }

    /// <summary>How it computes.</summary>
    public ConvAlgorithm Algorithm { get; init; }

    /// <summary>Default <see cref="InitializerKind.Automatic"/>.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>Default zeros.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Default none.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>Default none.</summary>
    public Regularizer? BiasRegularizer { get; init; }

    /// <summary>Of the output, after the activation; default none.</summary>
    public Regularizer? ActivityRegularizer { get; init; }

    /// <summary>Probability of dropping a weight of the kernel in a training step, from 0 up to but not 1.</summary>
    public double DropConnect { get; init; }
}

/// <summary>A fully connected layer.</summary>
public sealed record DenseOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Outputs.</summary>
    public required long Units { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>Applied to the output.</summary>
    public Activation Activation { get; init; }

    /// <summary>Default <see cref="InitializerKind.Automatic"/>.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>Default zeros.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Default none.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>Default none.</summary>
    public Regularizer? BiasRegularizer { get; init; }

    /// <summary>Of the output, after the activation; default none.</summary>
    public Regularizer? ActivityRegularizer { get; init; }

    /// <summary>Probability of dropping a weight of the kernel in a training step, from 0 up to but not 1.</summary>
    public double DropConnect { get; init; }
}

/// <summary>A pooling layer.</summary>
public sealed record Pool2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>The window; default 2.</summary>
    public Size2D Size { get; init; }

    /// <summary>Default: the window's size.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Default: what <see cref="Pad"/> says.</summary>
    public Padding Padding { get; init; }

    /// <summary>With <see cref="Padding.Explicit"/>; each at most half the window.</summary>
    public Edges Pad { get; init; }

    /// <summary>A last window may reach over the edge; it must start inside the image or the top or left padding.</summary>
    public bool CeilMode { get; init; }

    /// <summary>Average only: divide by the cells inside the image, not by all but those that the ceil mode adds.</summary>
    public bool ExcludePadding { get; init; }
}

/// <summary>Batch normalisation.</summary>
public sealed record BatchNormOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>running = (1 - momentum) * running + momentum * batch; null: 0.1; at most 1.</summary>
    public double? Momentum { get; init; }

    /// <summary>More than 0; null: 1e-5.</summary>
    public double? Epsilon { get; init; }

    /// <summary>No gamma.</summary>
    public bool NoScale { get; init; }

    /// <summary>No beta.</summary>
    public bool NoCenter { get; init; }

    /// <summary>The running variance takes the batch's / n (Keras), not / (n - 1) (PyTorch).</summary>
    public bool BiasedRunningVariance { get; init; }
}

/// <summary>Dropout.</summary>
public sealed record DropoutOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Probability of dropping, from 0 up to but not 1; null: 0.5.</summary>
    public double? Rate { get; init; }

    /// <summary>False: kept values are divided by 1 - rate in training; true: values are multiplied by it at test.</summary>
    public bool ScaleAtTest { get; init; }
}
