using System.Buffers;

namespace Fovea;

/// <summary>One line of a plot. Values that are not finite leave gaps.</summary>
public sealed record Curve
{
    /// <summary>For the legend; null: not in it.</summary>
    public string? Label { get; init; }

    /// <summary>As many as <see cref="Y"/>; empty: 1, 2, 3, ...</summary>
    public ReadOnlyMemory<double> X { get; init; }

    /// <summary>The values.</summary>
    public required ReadOnlyMemory<double> Y { get; init; }
}

/// <summary>How <see cref="Picture.Plot"/> draws.</summary>
public sealed record PlotOptions
{
    /// <summary>Pixels, 160 to 8192; 0: 800.</summary>
    public int Width { get; init; }

    /// <summary>Likewise; 0: 500.</summary>
    public int Height { get; init; }

    /// <summary>A logarithmic vertical axis; values that are not positive leave gaps.</summary>
    public bool LogY { get; init; }

    /// <summary>Above the plot.</summary>
    public string? Title { get; init; }

    /// <summary>Of the horizontal axis.</summary>
    public string? XLabel { get; init; }

    /// <summary>Of the vertical axis.</summary>
    public string? YLabel { get; init; }
}

/// <summary>How <see cref="Picture.Grid"/> and <see cref="Picture.Filters"/> draw.</summary>
public sealed record GridOptions
{
    /// <summary>0: about as many as rows.</summary>
    public int Columns { get; init; }

    /// <summary>Each value becomes so many pixels a side; 0: chosen so that a tile is about 64 pixels.</summary>
    public int Zoom { get; init; }

    /// <summary>One range of values for all tiles, not one for each.</summary>
    public bool SharedRange { get; init; }

    internal static unsafe fv_grid_desc Native(GridOptions? it) => new()
    {
        struct_size = (uint)sizeof(fv_grid_desc),
        columns = it?.Columns ?? 0,
        zoom = it?.Zoom ?? 0,
        shared_range = Call.Flag(it?.SharedRange ?? false),
    };
}

/// <summary>
/// What a person looks at during training, as PNG files. A file appears whole or not at all. From any thread at any time.
/// </summary>
public static unsafe class Picture
{
    /// <summary>Draws curves, at most 16, into one plot with axes, ticks, grid and legend. Text is ASCII.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.NotFound"/>,
    /// <see cref="ErrorCode.IO"/>.</exception>
    public static void Plot(string path, ReadOnlySpan<Curve> curves, PlotOptions? options = null)
    {
        options ??= new PlotOptions();
        using var memory = new CallMemory();
        var native = memory.Array<fv_curve>(curves.Length);
        for (var i = 0; i < curves.Length; ++i)
        {
            var curve = curves[i];
            ArgumentNullException.ThrowIfNull(curve, nameof(curves));
            if (!curve.X.IsEmpty && curve.X.Length != curve.Y.Length)
                throw new ArgumentException($"curve {i} has {curve.X.Length} x and {curve.Y.Length} y", nameof(curves));
            native[i].label = memory.Text(curve.Label);
            native[i].x = curve.X.IsEmpty ? null : (double*)memory.Pin(curve.X.Pin());
            native[i].y = (double*)memory.Pin(curve.Y.Pin());
            native[i].count = (nuint)curve.Y.Length;
        }
        var desc = new fv_plot_desc
        {
            struct_size = (uint)sizeof(fv_plot_desc),
            width = options.Width,
            height = options.Height,
            log_y = Call.Flag(options.LogY),
            title = memory.Text(options.Title),
            x_label = memory.Text(options.XLabel),
            y_label = memory.Text(options.YLabel),
        };
        fv_error error;
        Call.Check(
            NativeMethods.fv_picture_plot(memory.Required(path), native, (nuint)curves.Length, &desc, &error), &error);
    }

    /// <summary>
    /// Draws images, [count][height][width][channels], as a grid of tiles: 1 channel grey, 3 channels RGB; with other
    /// counts each channel is a tile of its own.
    /// </summary>
    /// <inheritdoc cref="Plot" path="/exception"/>
    public static void Grid(string path, Tensor images, GridOptions? options = null) =>
        Draw(&NativeMethods.fv_picture_grid, path, images, options);

    /// <summary>Draws the kernels of a convolution, [kh][kw][in][out], as that many tiles.</summary>
    /// <inheritdoc cref="Plot" path="/exception"/>
    public static void Filters(string path, Tensor kernel, GridOptions? options = null) =>
        Draw(&NativeMethods.fv_picture_filters, path, kernel, options);

    private static void Draw(delegate*<byte*, fv_tensor*, fv_grid_desc*, fv_error*, int> draw, string path, Tensor tensor,
        GridOptions? options)
    {
        using var memory = new CallMemory();
        var native = memory.Pin(tensor);
        var desc = GridOptions.Native(options);
        fv_error error;
        Call.Check(draw(memory.Required(path), &native, &desc, &error), &error);
    }
}
