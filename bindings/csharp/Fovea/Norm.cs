namespace Fovea;

/// <summary>Layer normalisation.</summary>
public sealed record LayerNormOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>How many of the last axes are normalised together; 0: 1, the channels.</summary>
    public long Axes { get; init; }

    /// <summary>Null: 1e-5; above 0.</summary>
    public double? Epsilon { get; init; }

    /// <summary>No gamma.</summary>
    public bool NoScale { get; init; }

    /// <summary>No beta.</summary>
    public bool NoCenter { get; init; }
}

/// <summary>Group normalisation.</summary>
public sealed record GroupNormOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Divides the channels.</summary>
    public required long Groups { get; init; }

    /// <summary>Null: 1e-5; above 0.</summary>
    public double? Epsilon { get; init; }

    /// <summary>No gamma.</summary>
    public bool NoScale { get; init; }

    /// <summary>No beta.</summary>
    public bool NoCenter { get; init; }
}

/// <summary>Instance normalisation.</summary>
public sealed record InstanceNormOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Null: 1e-5; above 0.</summary>
    public double? Epsilon { get; init; }

    /// <summary>With gamma and beta.</summary>
    public bool Affine { get; init; }
}

/// <summary>Local response normalisation.</summary>
public sealed record LocalResponseNormOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Channels of the sum; 0: 5.</summary>
    public long Size { get; init; }

    /// <summary>Null: 2.</summary>
    public double? K { get; init; }

    /// <summary>Null: 1e-4.</summary>
    public double? Alpha { get; init; }

    /// <summary>Null: 0.75.</summary>
    public double? Beta { get; init; }

    /// <summary>Alpha / size in the place of alpha (PyTorch, Caffe).</summary>
    public bool DivideAlpha { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>
    /// y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over the last axes of each sample. Parameters: gamma,
    /// beta.
    /// </summary>
    public Node LayerNorm(Node x, LayerNormOptions? options = null)
    {
        options ??= new LayerNormOptions();
        using var memory = new CallMemory();
        var desc = new fv_layer_norm_desc
        {
            struct_size = (uint)sizeof(fv_layer_norm_desc),
            name = memory.Text(options.Name),
            axes = options.Axes,
            epsilon = Call.Number(options.Epsilon),
            no_scale = Call.Flag(options.NoScale),
            no_center = Call.Flag(options.NoCenter),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_layer_norm(Handle, x.Id, &desc));
    }

    /// <summary>The same over the image and the channels of each group. Parameters: gamma, beta.</summary>
    public Node GroupNorm(Node x, GroupNormOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_group_norm_desc
        {
            struct_size = (uint)sizeof(fv_group_norm_desc),
            name = memory.Text(options.Name),
            groups = options.Groups,
            epsilon = Call.Number(options.Epsilon),
            no_scale = Call.Flag(options.NoScale),
            no_center = Call.Flag(options.NoCenter),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_group_norm(Handle, x.Id, &desc));
    }

    /// <summary>The same over the image for each channel.</summary>
    public Node InstanceNorm(Node x, InstanceNormOptions? options = null)
    {
        options ??= new InstanceNormOptions();
        using var memory = new CallMemory();
        var desc = new fv_instance_norm_desc
        {
            struct_size = (uint)sizeof(fv_instance_norm_desc),
            name = memory.Text(options.Name),
            epsilon = Call.Number(options.Epsilon),
            affine = Call.Flag(options.Affine),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_instance_norm(Handle, x.Id, &desc));
    }

    /// <summary>y_i = x_i / (k + alpha * sum of x_j^2 over neighbouring channels)^beta.</summary>
    public Node LocalResponseNorm(Node x, LocalResponseNormOptions? options = null)
    {
        options ??= new LocalResponseNormOptions();
        using var memory = new CallMemory();
        var desc = new fv_local_response_norm_desc
        {
            struct_size = (uint)sizeof(fv_local_response_norm_desc),
            name = memory.Text(options.Name),
            size = options.Size,
            k = Call.Number(options.K),
            alpha = Call.Number(options.Alpha),
            beta = Call.Number(options.Beta),
            divide_alpha = Call.Flag(options.DivideAlpha),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_local_response_norm(Handle, x.Id, &desc));
    }
}
