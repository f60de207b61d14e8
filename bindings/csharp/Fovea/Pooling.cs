namespace Fovea;

/// <summary>How an image is made larger.</summary>
public enum Upsample
{
    /// <summary>Each pixel repeated.</summary>
    Nearest = NativeMethods.FV_UPSAMPLE_NEAREST,

    /// <summary>Interpolated between the pixels' centres.</summary>
    Bilinear = NativeMethods.FV_UPSAMPLE_BILINEAR,

    /// <summary>Each pixel at the top left of zeros.</summary>
    BedOfNails = NativeMethods.FV_UPSAMPLE_BED_OF_NAILS,
}

/// <summary>Pooling to a given size.</summary>
public sealed record AdaptivePool2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Height and width of the output.</summary>
    public required Size2D Size { get; init; }
}

/// <summary>Fractional max pooling.</summary>
public sealed record FractionalPool2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Input / output; null: sqrt(2).</summary>
    public double? HeightRatio { get; init; }

    /// <summary>Null: as the height's.</summary>
    public double? WidthRatio { get; init; }

    /// <summary>Each region has the first cells of the next one as well.</summary>
    public bool Overlapping { get; init; }
}

/// <summary>A larger image.</summary>
public sealed record Upsample2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Height and width; default 2.</summary>
    public Size2D Scale { get; init; }

    /// <summary>How.</summary>
    public Upsample Method { get; init; }

    /// <summary>Bilinear: the corners' centres stay where they are.</summary>
    public bool AlignCorners { get; init; }
}

/// <summary>Pixels out of channels.</summary>
public sealed record PixelShuffleOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>R; 0: 2.</summary>
    public long Factor { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>The largest value of the image, for each channel: H × W × C to C.</summary>
    public Node GlobalMaxPool2D(Node x, LayerOptions? options = null) =>
        Plain(&NativeMethods.fv_global_max_pool2d, x, options);

    /// <summary>The largest value of each of size × size regions, as in PyTorch.</summary>
    public Node AdaptiveMaxPool2D(Node x, AdaptivePool2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_adaptive_pool2d_desc
        {
            struct_size = (uint)sizeof(fv_adaptive_pool2d_desc),
            name = memory.Text(options.Name),
        };
        options.Size.To(desc.size);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_adaptive_max_pool2d(Handle, x.Id, &desc));
    }

    /// <summary>The mean of each of size × size regions.</summary>
    public Node AdaptiveAveragePool2D(Node x, AdaptivePool2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_adaptive_pool2d_desc
        {
            struct_size = (uint)sizeof(fv_adaptive_pool2d_desc),
            name = memory.Text(options.Name),
        };
        options.Size.To(desc.size);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_adaptive_average_pool2d(Handle, x.Id, &desc));
    }

    /// <summary>
    /// Max pooling over regions of floor(ratio) or one more cells, in an order drawn for each sample of a training
    /// step; frozen at inference.
    /// </summary>
    public Node FractionalMaxPool2D(Node x, FractionalPool2DOptions? options = null)
    {
        options ??= new FractionalPool2DOptions();
        using var memory = new CallMemory();
        var desc = new fv_fractional_pool2d_desc
        {
            struct_size = (uint)sizeof(fv_fractional_pool2d_desc),
            name = memory.Text(options.Name),
            overlapping = Call.Flag(options.Overlapping),
        };
        (desc.ratio[0], desc.ratio[1]) = (options.HeightRatio ?? 0, options.WidthRatio ?? 0);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_fractional_max_pool2d(Handle, x.Id, &desc));
    }

    /// <summary>
    /// Undoes the max pooling pool: each value of × where the largest cell of its window was, zeros elsewhere.
    /// </summary>
    public Node MaxUnpool2D(Node x, Node pool, LayerOptions? options = null) =>
        Two(&NativeMethods.fv_max_unpool2d, x, pool, options);

    /// <summary>H × W × C to scale[0] H × scale[1] W × C.</summary>
    public Node Upsample2D(Node x, Upsample2DOptions? options = null)
    {
        options ??= new Upsample2DOptions();
        using var memory = new CallMemory();
        var desc = new fv_upsample2d_desc
        {
            struct_size = (uint)sizeof(fv_upsample2d_desc),
            name = memory.Text(options.Name),
            method = (int)options.Method,
            align_corners = Call.Flag(options.AlignCorners),
        };
        options.Scale.To(desc.scale);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_upsample2d(Handle, x.Id, &desc));
    }

    /// <summary>H × W × (C r r) to rH × rW × C, in PyTorch's order of channels.</summary>
    public Node PixelShuffle(Node x, PixelShuffleOptions? options = null)
    {
        options ??= new PixelShuffleOptions();
        using var memory = new CallMemory();
        var desc = new fv_pixel_shuffle_desc
        {
            struct_size = (uint)sizeof(fv_pixel_shuffle_desc),
            name = memory.Text(options.Name),
            factor = options.Factor,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_pixel_shuffle(Handle, x.Id, &desc));
    }

    /// <summary>The inverse of a pixel shuffle.</summary>
    public Node PixelUnshuffle(Node x, PixelShuffleOptions? options = null)
    {
        options ??= new PixelShuffleOptions();
        using var memory = new CallMemory();
        var desc = new fv_pixel_shuffle_desc
        {
            struct_size = (uint)sizeof(fv_pixel_shuffle_desc),
            name = memory.Text(options.Name),
            factor = options.Factor,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_pixel_unshuffle(Handle, x.Id, &desc));
    }
}
