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

    private Graph(GraphHandle handle) : base(handle)
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

    /// <summary>The node of that name; <see cref="Node.None"/> where there is none.</summary>
    public Node Find(string name)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        return new Node(NativeMethods.fv_graph_find(Handle, memory.Required(name)));
    }

    /// <summary>
    /// A new graph with the nodes of a model under their names, to go on building from any of them; make a model of it and
    /// give it the old weights with <see cref="Model.CopyWeights"/>.
    /// </summary>
    public static Graph FromModel(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_graph_from_model(model.Handle, &made, &error);
        return new Graph(Call.Check(status, &error, new GraphHandle(made)));
    }

    private static GraphHandle Create(Context context)
    {
        ArgumentNullException.ThrowIfNull(context);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_graph_create(context.Handle, &made, &error);
        return Call.Check(status, &error, new GraphHandle(made));
    }

    /// <summary>The node that a call has added, or the graph's error.</summary>
    private Node Added(ulong id)
    {
        CallbackException.Rethrow();
        if (id == NativeMethods.FV_NODE_INVALID) Check();
        return new Node(id);
    }
}
