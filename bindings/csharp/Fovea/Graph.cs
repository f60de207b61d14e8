namespace Fovea;

/// <summary>A node of a graph: the output of a layer.</summary>
/// <param name="Id">The number by which the library knows it.</param>
public readonly record struct Node(ulong Id)
{
    /// <summary>No node.</summary>
    public static readonly Node None;
}

/// <summary>
/// The builder of a network: a directed graph with any number of inputs, whose outputs are named when the
/// <see cref="Model"/> is made. Each method adds a layer and returns its node. Shapes are those of one sample; the batch is
/// implied. One thread at a time.
/// </summary>
/// <remarks>A layer that makes no sense throws a <see cref="FoveaException"/> that says which layer, what was expected and
/// what was found. The graph keeps its first error, and later calls throw it again.</remarks>
public sealed unsafe partial class Graph : FoveaObject
{
    /// <summary>An empty graph.</summary>
    public Graph(Context context) : base(Create(context))
    {
    }

    internal GraphHandle Handle => Alive<GraphHandle>();

    /// <summary>Throws the first error since creation, if there was one.</summary>
    public void Check()
    {
        using var turn = TakeTurn();
        fv_error error;
        Call.Check(NativeMethods.fv_graph_status(Handle, &error), &error);
    }

    /// <summary>The shape of one sample at a node.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: not a node of this graph.</exception>
    public Shape ShapeOf(Node node)
    {
        using var turn = TakeTurn();
        fv_error error;
        var extents = stackalloc long[Shape.MaxRank];
        int rank;
        Call.Check(NativeMethods.fv_graph_node_shape(Handle, node.Id, extents, &rank, &error), &error);
        return Shape.From(extents, rank);
    }

    /// <summary>A node's name, given or made up ("conv2d_1"); null where it is no node of this graph.</summary>
    public string? NameOf(Node node)
    {
        using var turn = TakeTurn();
        var name = NativeMethods.fv_graph_node_name(Handle, node.Id);
        return name == null ? null : Call.Text(name);
    }

    /// <summary>A place where the host's data enter. Inputs are numbered in the order of their creation.</summary>
    public Node Input(InputOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_input_desc { struct_size = (uint)sizeof(fv_input_desc), name = memory.Text(options.Name) };
        options.Shape.CopyTo(new Span<long>(desc.shape, Shape.MaxRank));
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_input(Handle, &desc));
    }

    /// <summary>
    /// 2-D convolution: H × W × C to OH × OW × filters. Parameters: name.kernel [kh][kw][C / groups][filters], name.bias
    /// [filters].
    /// </summary>
    public Node Conv2D(Node x, Conv2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var memory = new CallMemory();
        try
        {
            var desc = new fv_conv2d_desc
            {
                struct_size = (uint)sizeof(fv_conv2d_desc),
                name = memory.Text(options.Name),
                filters = options.Filters,
                groups = options.Groups,
                padding = (int)options.Padding,
                no_bias = Call.Flag(options.NoBias),
                activation = (int)options.Activation,
                algorithm = (int)options.Algorithm,
                kernel_initializer = options.KernelInitializer is { } kernel ? kernel.Native(ref memory) : null,
                bias_initializer = options.BiasInitializer is { } bias ? bias.Native(ref memory) : null,
                kernel_regularizer = options.KernelRegularizer is { } onKernel ? onKernel.Native(ref memory) : null,
                bias_regularizer = options.BiasRegularizer is { } onBias ? onBias.Native(ref memory) : null,
            };
            options.Kernel.To(desc.kernel);
            options.Strides.To(desc.strides);
            options.Dilation.To(desc.dilation);
            options.Pad.To(desc.pad);
            using var turn = TakeTurn();
            return Added(NativeMethods.fv_conv2d(Handle, x.Id, &desc));
        }
        finally
        {
            memory.Dispose();
        }
    }

    /// <summary>
    /// Fully connected, N to units; x must be flat (see <see cref="Flatten"/>). Parameters: name.kernel [N][units],
    /// name.bias [units].
    /// </summary>
    public Node Dense(Node x, DenseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var memory = new CallMemory();
        try
        {
            var desc = new fv_dense_desc
            {
                struct_size = (uint)sizeof(fv_dense_desc),
                name = memory.Text(options.Name),
                units = options.Units,
                no_bias = Call.Flag(options.NoBias),
                activation = (int)options.Activation,
                kernel_initializer = options.KernelInitializer is { } kernel ? kernel.Native(ref memory) : null,
                bias_initializer = options.BiasInitializer is { } bias ? bias.Native(ref memory) : null,
                kernel_regularizer = options.KernelRegularizer is { } onKernel ? onKernel.Native(ref memory) : null,
                bias_regularizer = options.BiasRegularizer is { } onBias ? onBias.Native(ref memory) : null,
            };
            using var turn = TakeTurn();
            return Added(NativeMethods.fv_dense(Handle, x.Id, &desc));
        }
        finally
        {
            memory.Dispose();
        }
    }

    /// <summary>The largest value of each window, for each channel.</summary>
    public Node MaxPool2D(Node x, Pool2DOptions? options = null)
    {
        using var memory = new CallMemory();
        var desc = Pool(options ?? new Pool2DOptions(), memory);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_max_pool2d(Handle, x.Id, &desc));
    }

    /// <summary>The mean of each window, for each channel.</summary>
    public Node AveragePool2D(Node x, Pool2DOptions? options = null)
    {
        using var memory = new CallMemory();
        var desc = Pool(options ?? new Pool2DOptions(), memory);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_average_pool2d(Handle, x.Id, &desc));
    }
}
