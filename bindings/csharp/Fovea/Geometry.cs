namespace Fovea;

/// <summary>
/// A height and a width. One number stands for both: <c>Kernel = 3</c> or <c>Kernel = (3, 5)</c>.
/// </summary>
/// <param name="Height">Along the first axis of the image.</param>
/// <param name="Width">Along the second.</param>
public readonly record struct Size2D(long Height, long Width)
{
    /// <summary>The same height and width.</summary>
    public static implicit operator Size2D(long both) => new(both, both);

    /// <summary>A height and a width.</summary>
    public static implicit operator Size2D((long Height, long Width) size) => new(size.Height, size.Width);

    internal unsafe void To(long* native) => (native[0], native[1]) = (Height, Width);
}

/// <summary>Cells added at the four sides of an image. One number stands for all: <c>Pad = 1</c>.</summary>
/// <param name="Top">Above.</param>
/// <param name="Bottom">Below.</param>
/// <param name="Left">To the left.</param>
/// <param name="Right">To the right.</param>
public readonly record struct Edges(long Top, long Bottom, long Left, long Right)
{
    /// <summary>The same at all sides.</summary>
    public static implicit operator Edges(long all) => new(all, all, all, all);

    internal unsafe void To(long* native) => (native[0], native[1], native[2], native[3]) = (Top, Bottom, Left, Right);
}
