namespace Fovea;

/// <summary>Elementwise activations. In a layer's field the ones with a constant take its default.</summary>
public enum Activation
{
    /// <summary>x.</summary>
    Linear = NativeMethods.FV_ACT_LINEAR,

    /// <summary>max(0, x); its gradient at 0 is 0.</summary>
    Relu = NativeMethods.FV_ACT_RELU,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid = NativeMethods.FV_ACT_SIGMOID,

    /// <summary>(exp(x) - exp(-x)) / (exp(x) + exp(-x)).</summary>
    Tanh = NativeMethods.FV_ACT_TANH,

    /// <summary>min(max(0, x), 6); its gradient at 0 and 6 is 0.</summary>
    Relu6 = NativeMethods.FV_ACT_RELU6,

    /// <summary>x above 0, else 0.01 x.</summary>
    LeakyRelu = NativeMethods.FV_ACT_LEAKY_RELU,

    /// <summary>x above 0, else exp(x) - 1.</summary>
    Elu = NativeMethods.FV_ACT_ELU,

    /// <summary>1.0507 (x above 0, else 1.6733 (exp(x) - 1)).</summary>
    Selu = NativeMethods.FV_ACT_SELU,

    /// <summary>As <see cref="Elu"/>, whose alpha is 1 here.</summary>
    Celu = NativeMethods.FV_ACT_CELU,

    /// <summary>x Phi(x), Phi the normal distribution function.</summary>
    Gelu = NativeMethods.FV_ACT_GELU,

    /// <summary>0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): close to GELU.</summary>
    GeluTanh = NativeMethods.FV_ACT_GELU_TANH,

    /// <summary>x sigmoid(x), also called SiLU.</summary>
    Swish = NativeMethods.FV_ACT_SWISH,

    /// <summary>x min(max(x + 3, 0), 6) / 6.</summary>
    HardSwish = NativeMethods.FV_ACT_HARD_SWISH,

    /// <summary>min(max(x + 3, 0), 6) / 6.</summary>
    HardSigmoid = NativeMethods.FV_ACT_HARD_SIGMOID,

    /// <summary>x tanh(log(1 + exp(x))).</summary>
    Mish = NativeMethods.FV_ACT_MISH,

    /// <summary>log(1 + exp(x)).</summary>
    Softplus = NativeMethods.FV_ACT_SOFTPLUS,
}

/// <summary>Which elements of a sample share a learned parameter.</summary>
public enum Sharing
{
    /// <summary>One parameter.</summary>
    All = NativeMethods.FV_SHARE_ALL,

    /// <summary>One for each channel (the last axis).</summary>
    Channel = NativeMethods.FV_SHARE_CHANNEL,

    /// <summary>One for each element.</summary>
    None = NativeMethods.FV_SHARE_NONE,
}

/// <summary>A leaky ReLU.</summary>
public sealed record LeakyReluOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Below 0, never negative; null: 0.01.</summary>
    public double? Slope { get; init; }
}

/// <summary>ELU or CELU.</summary>
public sealed record EluOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Never negative, above 0 for CELU; null: 1.</summary>
    public double? Alpha { get; init; }
}

/// <summary>Softplus.</summary>
public sealed record SoftplusOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Above 0; null: 1.</summary>
    public double? Beta { get; init; }
}

/// <summary>A ReLU with a learned slope.</summary>
public sealed record PReluOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>What it begins as; null: 0.25.</summary>
    public double? Slope { get; init; }

    /// <summary>Who shares a slope.</summary>
    public Sharing Sharing { get; init; }
}

/// <summary>Swish.</summary>
public sealed record SwishOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Or what it begins as; null: 1.</summary>
    public double? Beta { get; init; }

    /// <summary>Beta is a parameter.</summary>
    public bool Learned { get; init; }

    /// <summary>Who shares a learned beta.</summary>
    public Sharing Sharing { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>max(0, x), elementwise.</summary>
    public Node Relu(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_relu, x, options);

    /// <summary>min(max(0, x), 6), elementwise.</summary>
    public Node Relu6(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_relu6, x, options);

    /// <summary>1 / (1 + exp(-x)), elementwise.</summary>
    public Node Sigmoid(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_sigmoid, x, options);

    /// <summary>The hyperbolic tangent, elementwise.</summary>
    public Node Tanh(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_tanh, x, options);

    /// <summary>1.0507 (x above 0, else 1.6733 (exp(x) - 1)), elementwise.</summary>
    public Node Selu(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_selu, x, options);

    /// <summary>x Phi(x), Phi the normal distribution function, elementwise.</summary>
    public Node Gelu(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_gelu, x, options);

    /// <summary>The approximation of GELU by a tanh, elementwise.</summary>
    public Node GeluTanh(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_gelu_tanh, x, options);

    /// <summary>x min(max(x + 3, 0), 6) / 6, elementwise.</summary>
    public Node HardSwish(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_hard_swish, x, options);

    /// <summary>min(max(x + 3, 0), 6) / 6, elementwise.</summary>
    public Node HardSigmoid(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_hard_sigmoid, x, options);

    /// <summary>x tanh(log(1 + exp(x))), elementwise.</summary>
    public Node Mish(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_mish, x, options);

    /// <summary>x above 0, else slope * x, elementwise.</summary>
    public Node LeakyRelu(Node x, LeakyReluOptions? options = null)
    {
        options ??= new LeakyReluOptions();
        using var memory = new CallMemory();
        var desc = new fv_leaky_relu_desc
        {
            struct_size = (uint)sizeof(fv_leaky_relu_desc),
            name = memory.Text(options.Name),
            slope = Call.Number(options.Slope),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_leaky_relu(Handle, x.Id, &desc));
    }

    /// <summary>x above 0, else alpha * (exp(x) - 1), elementwise.</summary>
    public Node Elu(Node x, EluOptions? options = null)
    {
        options ??= new EluOptions();
        using var memory = new CallMemory();
        var desc = new fv_elu_desc
        {
            struct_size = (uint)sizeof(fv_elu_desc),
            name = memory.Text(options.Name),
            alpha = Call.Number(options.Alpha),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_elu(Handle, x.Id, &desc));
    }

    /// <summary>x above 0, else alpha * (exp(x / alpha) - 1), elementwise.</summary>
    public Node Celu(Node x, EluOptions? options = null)
    {
        options ??= new EluOptions();
        using var memory = new CallMemory();
        var desc = new fv_elu_desc
        {
            struct_size = (uint)sizeof(fv_elu_desc),
            name = memory.Text(options.Name),
            alpha = Call.Number(options.Alpha),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_celu(Handle, x.Id, &desc));
    }

    /// <summary>log(1 + exp(beta * x)) / beta, elementwise.</summary>
    public Node Softplus(Node x, SoftplusOptions? options = null)
    {
        options ??= new SoftplusOptions();
        using var memory = new CallMemory();
        var desc = new fv_softplus_desc
        {
            struct_size = (uint)sizeof(fv_softplus_desc),
            name = memory.Text(options.Name),
            beta = Call.Number(options.Beta),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_softplus(Handle, x.Id, &desc));
    }

    /// <summary>x above 0, else slope * x with a learned slope. Parameter: name.slope.</summary>
    public Node PRelu(Node x, PReluOptions? options = null)
    {
        options ??= new PReluOptions();
        using var memory = new CallMemory();
        var desc = new fv_prelu_desc
        {
            struct_size = (uint)sizeof(fv_prelu_desc),
            name = memory.Text(options.Name),
            slope = Call.Number(options.Slope),
            sharing = (int)options.Sharing,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_prelu(Handle, x.Id, &desc));
    }

    /// <summary>x * sigmoid(beta * x). Parameter, where beta is learned: name.beta.</summary>
    public Node Swish(Node x, SwishOptions? options = null)
    {
        options ??= new SwishOptions();
        using var memory = new CallMemory();
        var desc = new fv_swish_desc
        {
            struct_size = (uint)sizeof(fv_swish_desc),
            name = memory.Text(options.Name),
            beta = Call.Number(options.Beta),
            learned = Call.Flag(options.Learned),
            sharing = (int)options.Sharing,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_swish(Handle, x.Id, &desc));
    }

    /// <summary>
    /// exp(x) over its sum along the last axis. For training take the logits as the model's first output: the softmax
    /// cross-entropy contains the softmax.
    /// </summary>
    public Node Softmax(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_softmax, x, options);

    /// <summary>x less the logarithm of the sum of exp(x), along the last axis.</summary>
    public Node LogSoftmax(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_log_softmax, x, options);
}
