namespace Fovea;

/// <summary>What surrounds a row 1 2 3 that is padded by two on each side.</summary>
public enum PadMode
{
    /// <summary>v v 1 2 3 v v, with <see cref="PadOptions.Value"/>.</summary>
    Constant = NativeMethods.FV_PAD_CONSTANT,

    /// <summary>3 2 1 2 3 2 1: mirrored at the border, which is not repeated.</summary>
    Reflect = NativeMethods.FV_PAD_REFLECT,

    /// <summary>1 1 1 2 3 3 3: the border repeated.</summary>
    Replicate = NativeMethods.FV_PAD_REPLICATE,
}

/// <summary>Padding of any axis.</summary>
public sealed record PadOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Cells in front, for each axis of the sample: <c>[0, 0, 8]</c> puts 8 channels in front.</summary>
    public Shape Before { get; init; }

    /// <summary>Behind, likewise.</summary>
    public Shape After { get; init; }

    /// <summary>Default: a constant.</summary>
    public PadMode Mode { get; init; }

    /// <summary>With <see cref="PadMode.Constant"/>.</summary>
    public double Value { get; init; }
}

/// <summary>A matrix product.</summary>
public sealed record MatmulOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>The first matrix is transposed.</summary>
    public bool TransposeA { get; init; }

    /// <summary>The second matrix is transposed.</summary>
    public bool TransposeB { get; init; }
}

/// <summary>A part of a tensor.</summary>
public sealed record SliceOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>For each axis of the sample; negative: from the end.</summary>
    public Shape Begin { get; init; }

    /// <summary>Not included; 0 and negative: from the end, so that 0 is all.</summary>
    public Shape End { get; init; }
}

/// <summary>An image without some of its border.</summary>
public sealed record CropOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Cells to take off.</summary>
    public Edges Crop { get; init; }
}

/// <summary>The parts of a tensor along one axis.</summary>
public sealed record PartsOptions
{
    /// <summary>"s": the parts are "s_1", "s_2", ...; null: they are numbered as slices.</summary>
    public string? Name { get; init; }

    /// <summary>Counted from the end: 0 channels, 1 width, 2 height.</summary>
    public long Axis { get; init; }
}

/// <summary>Another shape for the same elements.</summary>
public sealed record ReshapeOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Of one sample; one extent may be -1: what is left.</summary>
    public required Shape Shape { get; init; }
}

/// <summary>Axes in another order.</summary>
public sealed record PermuteOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Axis k of the result is axis Axes[k] of x.</summary>
    public required Shape Axes { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>a + b, of the same shape.</summary>
    public Node Add(Node a, Node b, LayerOptions? options = null) => Two(&NativeMethods.fv_add, a, b, options);

    /// <summary>a - b, of the same shape.</summary>
    public Node Subtract(Node a, Node b, LayerOptions? options = null) => Two(&NativeMethods.fv_subtract, a, b, options);

    /// <summary>
    /// a * b, element by element, of the same shape; or one of them has one factor for each channel of the other.
    /// </summary>
    public Node Multiply(Node a, Node b, LayerOptions? options = null) => Two(&NativeMethods.fv_multiply, a, b, options);

    /// <summary>The mean of two or more nodes of one shape.</summary>
    public Node Average(ReadOnlySpan<Node> nodes, LayerOptions? options = null) =>
        Many(&NativeMethods.fv_average, nodes, options);

    /// <summary>The largest of two or more nodes of one shape, element by element.</summary>
    public Node Maximum(ReadOnlySpan<Node> nodes, LayerOptions? options = null) =>
        Many(&NativeMethods.fv_maximum, nodes, options);

    /// <summary>Joins nodes along the last axis (channels).</summary>
    public Node Concat(ReadOnlySpan<Node> nodes, LayerOptions? options = null) =>
        Many(&NativeMethods.fv_concat, nodes, options);

    /// <summary>The matrix product of each sample's two matrices, either transposed first.</summary>
    public Node Matmul(Node a, Node b, MatmulOptions? options = null)
    {
        options ??= new MatmulOptions();
        using var memory = new CallMemory();
        var desc = new fv_matmul_desc
        {
            struct_size = (uint)sizeof(fv_matmul_desc),
            name = memory.Text(options.Name),
            transpose_a = Call.Flag(options.TransposeA),
            transpose_b = Call.Flag(options.TransposeB),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_matmul(Handle, a.Id, b.Id, &desc));
    }

    /// <summary>Surrounds x along any axis.</summary>
    public Node Pad(Node x, PadOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_pad_desc
        {
            struct_size = (uint)sizeof(fv_pad_desc),
            name = memory.Text(options.Name),
            mode = (int)options.Mode,
            value = options.Value,
        };
        options.Before.CopyTo(new Span<long>(desc.before, Shape.MaxRank));
        options.After.CopyTo(new Span<long>(desc.after, Shape.MaxRank));
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_pad(Handle, x.Id, &desc));
    }

    /// <summary>The part of x from Begin to End.</summary>
    public Node Slice(Node x, SliceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_slice_desc { struct_size = (uint)sizeof(fv_slice_desc), name = memory.Text(options.Name) };
        options.Begin.CopyTo(new Span<long>(desc.begin, Shape.MaxRank));
        options.End.CopyTo(new Span<long>(desc.end, Shape.MaxRank));
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_slice(Handle, x.Id, &desc));
    }

    /// <summary>An image without some of its border.</summary>
    public Node Crop(Node x, CropOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_crop_desc { struct_size = (uint)sizeof(fv_crop_desc), name = memory.Text(options.Name) };
        options.Crop.To(desc.crop);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_crop(Handle, x.Id, &desc));
    }

    /// <summary>Cuts x along an axis into parts of one size.</summary>
    public Node[] Split(Node x, int count, PartsOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return Split(x, count, [], options ?? new());
    }

    /// <summary>Cuts x along an axis into parts of these sizes, which add up to its extent.</summary>
    public Node[] Split(Node x, ReadOnlySpan<long> sizes, PartsOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sizes.Length, nameof(sizes));
        return Split(x, sizes.Length, sizes, options ?? new());
    }

    /// <summary>Any shape to its number of elements, in the order of memory. Costs nothing.</summary>
    public Node Flatten(Node x, LayerOptions? options = null) => Plain(&NativeMethods.fv_flatten, x, options);

    /// <summary>The same elements, in the order of memory, under another shape. Costs nothing.</summary>
    public Node Reshape(Node x, ReshapeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_reshape_desc { struct_size = (uint)sizeof(fv_reshape_desc), name = memory.Text(options.Name) };
        options.Shape.CopyTo(new Span<long>(desc.shape, Shape.MaxRank));
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_reshape(Handle, x.Id, &desc));
    }

    /// <summary>Axes in another order: [2, 0, 1] makes C × H × W of H × W × C.</summary>
    public Node Permute(Node x, PermuteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_permute_desc { struct_size = (uint)sizeof(fv_permute_desc), name = memory.Text(options.Name) };
        options.Axes.CopyTo(new Span<long>(desc.axes, Shape.MaxRank));
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_permute(Handle, x.Id, &desc));
    }

    private Node[] Split(Node x, int count, ReadOnlySpan<long> sizes, PartsOptions options)
    {
        using var memory = new CallMemory();
        var nodes = new Node[count];
        // A node is its number, and nothing else.
        fixed (Node* first = nodes)
        fixed (long* size = sizes)
        {
            var desc = new fv_parts_desc
            {
                struct_size = (uint)sizeof(fv_parts_desc),
                name = memory.Text(options.Name),
                axis = options.Axis,
                sizes = size,
            };
            using var turn = TakeTurn();
            Added(NativeMethods.fv_split(Handle, x.Id, (ulong*)first, (nuint)count, &desc));
        }
        return nodes;
    }

    private Node Two(delegate*<GraphHandle, ulong, ulong, fv_layer_desc*, ulong> add, Node a, Node b, LayerOptions? options)
    {
        using var memory = new CallMemory();
        var desc = Named(options, memory);
        using var turn = TakeTurn();
        return Added(add(Handle, a.Id, b.Id, &desc));
    }

    private Node Many(delegate*<GraphHandle, ulong*, nuint, fv_layer_desc*, ulong> add, ReadOnlySpan<Node> nodes,
                      LayerOptions? options)
    {
        using var memory = new CallMemory();
        var desc = Named(options, memory);
        using var turn = TakeTurn();
        // A node is its number, and nothing else.
        fixed (Node* first = nodes)
            return Added(add(Handle, (ulong*)first, (nuint)nodes.Length, &desc));
    }
}
