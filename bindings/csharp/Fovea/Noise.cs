namespace Fovea;

/// <summary>Dropout of whole channels.</summary>
public sealed record SpatialDropoutOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>[0, 1); null: 0.5.</summary>
    public double? Rate { get; init; }
}

/// <summary>Stochastic depth.</summary>
public sealed record StochasticDepthOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>[0, 1); null: 0.5.</summary>
    public double? Rate { get; init; }

    /// <summary>One draw for the batch, instead of one for each sample.</summary>
    public bool WholeBatch { get; init; }
}

/// <summary>Gaussian noise.</summary>
public sealed record GaussianNoiseOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Null: 0.1.</summary>
    public double? Stddev { get; init; }
}

/// <summary>Maxout.</summary>
public sealed record MaxoutOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>0: 2; divides the channels.</summary>
    public long Pieces { get; init; }
}

/// <summary>Squeeze-and-excitation.</summary>
public sealed record SqueezeExciteOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>The bottleneck has C / ratio units; 0: 16.</summary>
    public long Ratio { get; init; }

    /// <summary>Or its units themselves.</summary>
    public long Squeeze { get; init; }
}

/// <summary>A non-local block.</summary>
public sealed record NonLocalOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Of the embeddings; 0: C / 2.</summary>
    public long Channels { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>Sets whole channels of an image to zero in training; the others are divided by 1 - rate.</summary>
    public Node SpatialDropout(Node x, SpatialDropoutOptions? options = null)
    {
        options ??= new SpatialDropoutOptions();
        using var memory = new CallMemory();
        var desc = new fv_spatial_dropout_desc
        {
            struct_size = (uint)sizeof(fv_spatial_dropout_desc),
            name = memory.Text(options.Name),
            rate = Call.Number(options.Rate),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_spatial_dropout(Handle, x.Id, &desc));
    }

    /// <summary>Sets whole samples to zero in training (drop path); the others are divided by 1 - rate.</summary>
    public Node StochasticDepth(Node x, StochasticDepthOptions? options = null)
    {
        options ??= new StochasticDepthOptions();
        using var memory = new CallMemory();
        var desc = new fv_stochastic_depth_desc
        {
            struct_size = (uint)sizeof(fv_stochastic_depth_desc),
            name = memory.Text(options.Name),
            rate = Call.Number(options.Rate),
            whole_batch = Call.Flag(options.WholeBatch),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_stochastic_depth(Handle, x.Id, &desc));
    }

    /// <summary>Adds N(0, stddev^2) in training.</summary>
    public Node GaussianNoise(Node x, GaussianNoiseOptions? options = null)
    {
        options ??= new GaussianNoiseOptions();
        using var memory = new CallMemory();
        var desc = new fv_gaussian_noise_desc
        {
            struct_size = (uint)sizeof(fv_gaussian_noise_desc),
            name = memory.Text(options.Name),
            stddev = Call.Number(options.Stddev),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_gaussian_noise(Handle, x.Id, &desc));
    }

    /// <summary>The largest of pieces channels, j * units + u for unit u.</summary>
    public Node Maxout(Node x, MaxoutOptions? options = null)
    {
        options ??= new MaxoutOptions();
        using var memory = new CallMemory();
        var desc = new fv_maxout_desc
        {
            struct_size = (uint)sizeof(fv_maxout_desc),
            name = memory.Text(options.Name),
            pieces = options.Pieces,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_maxout(Handle, x.Id, &desc));
    }

    /// <summary>x * sigmoid(W2 relu(W1 mean(x) + b1) + b2): a block of several nodes.</summary>
    public Node SqueezeExcite(Node x, SqueezeExciteOptions? options = null)
    {
        options ??= new SqueezeExciteOptions();
        using var memory = new CallMemory();
        var desc = new fv_squeeze_excite_desc
        {
            struct_size = (uint)sizeof(fv_squeeze_excite_desc),
            name = memory.Text(options.Name),
            ratio = options.Ratio,
            squeeze = options.Squeeze,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_squeeze_excite(Handle, x.Id, &desc));
    }

    /// <summary>
    /// x + out(softmax(theta(x) phi(x)') g(x)): a block of several nodes, which begins as the identity.
    /// </summary>
    public Node NonLocal(Node x, NonLocalOptions? options = null)
    {
        options ??= new NonLocalOptions();
        using var memory = new CallMemory();
        var desc = new fv_non_local_desc
        {
            struct_size = (uint)sizeof(fv_non_local_desc),
            name = memory.Text(options.Name),
            channels = options.Channels,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_non_local(Handle, x.Id, &desc));
    }
}
