namespace Fovea;

/// <summary>How a <see cref="Model"/> is made.</summary>
public sealed record ModelOptions
{
    /// <summary>Of parameters, activations and arithmetic: <see cref="DType.F32"/> (default) or
    /// <see cref="DType.F64"/>.</summary>
    public DType DType { get; init; }

    /// <summary>Of the initialisers.</summary>
    public ulong Seed { get; init; }

    /// <summary>For every input; null: none.</summary>
    public InputTransform? Transform { get; init; }

    /// <summary>Instead of <see cref="Transform"/>; null: none. Copied.</summary>
    public Transform? Fitted { get; init; }

    /// <summary>Of every kernel whose layer leaves it open; null: each layer's choice.</summary>
    public Initializer? KernelInitializer { get; init; }
}

/// <summary>What a model is made of.</summary>
public sealed record ModelInfo
{
    /// <summary>The type of parameters and arithmetic.</summary>
    public DType DType { get; internal init; }

    /// <summary>Trained values.</summary>
    public long Parameters { get; internal init; }

    /// <summary>Other saved values, such as running means.</summary>
    public long State { get; internal init; }

    /// <summary>Of one sample's forward pass.</summary>
    public long MultiplyAdds { get; internal init; }

    /// <summary>Layers, inputs included.</summary>
    public int Nodes { get; internal init; }
}

/// <summary>An input or an output of a model.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Shape">Of one sample.</param>
public sealed record ModelPort(string Name, Shape Shape);

/// <summary>A parameter or state tensor of a model.</summary>
/// <param name="Name">"conv1.kernel".</param>
/// <param name="Shape">Its extents.</param>
/// <param name="Trainable">A parameter; else state, such as a running mean.</param>
public sealed record TensorInfo(string Name, Shape Shape, bool Trainable);

/// <summary>
/// A network: a graph, its parameters and state, and the input transform. It may be used from many threads at once; while
/// a trainer steps on it, or <see cref="SetTensor{T}(string, ReadOnlySpan{T})"/> writes, other calls that need its
/// parameters throw <see cref="ErrorCode.Busy"/>, and the reverse.
/// </summary>
public sealed unsafe partial class Model : FoveaObject
{
    // What never changes is read once.
    private readonly Lazy<ModelInfo> _info;
    private readonly Lazy<IReadOnlyList<ModelPort>> _inputs;
    private readonly Lazy<IReadOnlyList<ModelPort>> _outputs;
    private readonly Lazy<IReadOnlyList<TensorInfo>> _tensors;

    internal Model(ModelHandle handle) : base(handle)
    {
        _info = Known(ReadInfo);
        _inputs = Known<IReadOnlyList<ModelPort>>(() => ReadPorts(&NativeMethods.fv_model_input, NativeInfo().inputs));
        _outputs = Known<IReadOnlyList<ModelPort>>(() => ReadPorts(&NativeMethods.fv_model_output, NativeInfo().outputs));
        _tensors = Known<IReadOnlyList<TensorInfo>>(ReadTensors);
    }

    /// <summary>
    /// A model of what <paramref name="outputs"/> (1 to 64 nodes) need of the graph, with fresh parameters. The graph may
    /// be disposed or go on growing.
    /// </summary>
    /// <exception cref="FoveaException">The graph's first error; <see cref="ErrorCode.InvalidArgument"/>: no output, a node
    /// of another graph.</exception>
    public Model(Graph graph, ReadOnlySpan<Node> outputs, ModelOptions? options = null)
        : this(Create(graph, outputs, options ?? new ModelOptions()))
    {
    }

    /// <summary>A model of one output.</summary>
    /// <inheritdoc cref="Model(Graph, ReadOnlySpan{Node}, ModelOptions?)"/>
    public Model(Graph graph, Node output, ModelOptions? options = null) : this(graph, [output], options)
    {
    }

    internal ModelHandle Handle => Alive<ModelHandle>();

    /// <summary>What it is made of.</summary>
    public ModelInfo Info => Known(_info);

    /// <summary>The inputs, in the order of their creation.</summary>
    public IReadOnlyList<ModelPort> Inputs => Known(_inputs);

    /// <summary>The outputs, in the order given.</summary>
    public IReadOnlyList<ModelPort> Outputs => Known(_outputs);

    /// <summary>Parameters and state, in the order of the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors => Known(_tensors);

    /// <summary>Reads what <see cref="Save"/> or <see cref="Trainer.Save"/> has written.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/>, <see cref="ErrorCode.Unsupported"/> (a newer version).</exception>
    public static Model Load(Context context, string path)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_model_load(context.Handle, memory.Required(path), &made, &error);
        return new Model(Call.Check(status, &error, new ModelHandle(made)));
    }

    /// <summary>
    /// Writes one safetensors file, which any reader of that format opens. A crash leaves the old file or the new one, and
    /// may leave a temporary one beside it. Equal models give equal bytes.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/> (no such folder), <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.InvalidArgument"/> (the path), <see cref="ErrorCode.Busy"/>.</exception>
    public void Save(string path)
    {
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_model_save(Handle, memory.Required(path), &error), &error);
    }

    /// <summary>An independent copy, to serve from while this one trains.</summary>
    public Model Clone()
    {
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_model_clone(Handle, &made, &error);
        return new Model(Call.Check(status, &error, new ModelHandle(made)));
    }

    /// <summary>The names of the classes that the outputs stand for, in their order; none: it has none. Saved with the model;
    /// fitting sets those of the training data.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Busy"/>: set while it is in use.</exception>
    public IReadOnlyList<string> ClassNames
    {
        get
        {
            var names = new string[NativeInfo().class_names];
            for (var i = 0; i < names.Length; ++i) names[i] = ReadClassName(i);
            return names;
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using var memory = new CallMemory();
            var names = (byte**)memory.Array<nint>(value.Count);
            for (var i = 0; i < value.Count; ++i) names[i] = memory.Required(value[i]);
            fv_error error;
            Call.Check(NativeMethods.fv_model_set_class_names(Handle, names, (nuint)value.Count, &error), &error);
        }
    }

    /// <summary>
    /// A table for people: for each layer its name, kind, output shape, parameters, multiply-adds, bytes and algorithm, for
    /// a batch of samples.
    /// </summary>
    public string Summary(long batch = 1)
    {
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_model_summary(Handle, batch, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_model_summary(Handle, batch, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    /// <summary>Copies a parameter or state tensor out, as <see cref="float"/> or <see cref="double"/>.</summary>
    /// <returns>Its shape.</returns>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.InvalidArgument"/> (no
    /// room), <see cref="ErrorCode.Busy"/>.</exception>
    public Shape GetTensor<T>(string name, Span<T> values) where T : unmanaged
    {
        using var memory = new CallMemory();
        fixed (T* data = values)
        {
            var buffer = Call.Buffer(data, values.Length);
            fv_error error;
            Call.Check(NativeMethods.fv_model_get_tensor(Handle, memory.Required(name), &buffer, &error), &error);
            return Shape.From(buffer.shape, buffer.rank);
        }
    }

    /// <summary>A copy of a parameter or state tensor, as <see cref="float"/> or <see cref="double"/>.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public Tensor<T> GetTensor<T>(string name) where T : unmanaged
    {
        var values = new T[SizeOf(name)];
        var shape = GetTensor(name, values.AsSpan());
        return Tensor.Of(values, shape);
    }

    /// <summary>Replaces a parameter or state tensor by as many values, in the order of memory.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.Busy"/>.</exception>
    /// <exception cref="ArgumentException">The tensor has another number of values.</exception>
    public void SetTensor<T>(string name, ReadOnlySpan<T> values) where T : unmanaged
    {
        var shape = ShapeFor(name, values.Length);
        using var memory = new CallMemory();
        fixed (T* data = values)
        {
            var tensor = Call.Tensor(data, shape);
            fv_error error;
            Call.Check(NativeMethods.fv_model_set_tensor(Handle, memory.Required(name), &tensor, &error), &error);
        }
    }

    /// <summary>Replaces a parameter or state tensor by one of exactly its shape.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.InvalidArgument"/> (the
    /// shape), <see cref="ErrorCode.Busy"/>.</exception>
    public void SetTensor(string name, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var memory = new CallMemory();
        var native = memory.Pin(tensor);
        fv_error error;
        Call.Check(NativeMethods.fv_model_set_tensor(Handle, memory.Required(name), &native, &error), &error);
    }

    /// <summary>The number of values of a tensor; 0 where there is no such tensor, which the call then reports.</summary>
    internal int SizeOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Find(name) is { } tensor ? checked((int)tensor.Shape.Elements) : 0;
    }

    /// <summary>A tensor's own shape for as many values.</summary>
    internal Shape ShapeFor(string name, int values)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Find(name) is not { } tensor) return default;
        if (tensor.Shape.Elements != values)
            throw new ArgumentException($"'{name}' is {tensor.Shape}, but {values} values were given", nameof(values));
        return tensor.Shape;
    }

    private TensorInfo? Find(string name) => Tensors.FirstOrDefault(tensor => tensor.Name == name);

    /// <summary>Read at the first use; a failure is not kept.</summary>
    private static Lazy<T> Known<T>(Func<T> read) => new(read, LazyThreadSafetyMode.PublicationOnly);

    private T Known<T>(Lazy<T> value)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return value.Value;
    }

    private static ModelHandle Create(Graph graph, ReadOnlySpan<Node> outputs, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(graph);
        using var memory = new CallMemory();
        using var fitted = new LentTransform(options.Fitted);
        var desc = new fv_model_desc
        {
            struct_size = (uint)sizeof(fv_model_desc),
            dtype = (int)options.DType,
            seed = options.Seed,
            transform = InputTransform.Native(options.Transform, memory),
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            fitted = fitted.Native,
        };
        fv_error error;
        nint made = 0;
        fixed (Node* first = outputs)
        {
            var status = NativeMethods.fv_model_create(graph.Handle, (ulong*)first, (nuint)outputs.Length, &desc, &made,
                &error);
            return Call.Check(status, &error, new ModelHandle(made));
        }
    }

    private fv_model_info NativeInfo()
    {
        var info = new fv_model_info { struct_size = (uint)sizeof(fv_model_info) };
        fv_error error;
        Call.Check(NativeMethods.fv_model_get_info(Handle, &info, &error), &error);
        return info;
    }

    private string ReadClassName(int label)
    {
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_model_class_name(Handle, label, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_model_class_name(Handle, label, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    private ModelInfo ReadInfo()
    {
        var info = NativeInfo();
        return new ModelInfo
        {
            DType = (DType)info.dtype,
            Parameters = info.parameters,
            State = info.state,
            MultiplyAdds = info.multiply_adds,
            Nodes = info.nodes,
        };
    }

    private ModelPort[] ReadPorts(delegate*<ModelHandle, int, byte**, long*, int*, fv_error*, int> read, int count)
    {
        var ports = new ModelPort[count];
        var extents = stackalloc long[Shape.MaxRank];
        for (var i = 0; i < count; ++i)
        {
            fv_error error;
            byte* name;
            int rank;
            Call.Check(read(Handle, i, &name, extents, &rank, &error), &error);
            ports[i] = new ModelPort(Call.Text(name), Shape.From(extents, rank));
        }
        return ports;
    }

    private TensorInfo[] ReadTensors()
    {
        var tensors = new TensorInfo[NativeInfo().tensors];
        for (var i = 0; i < tensors.Length; ++i)
        {
            var info = new fv_tensor_info { struct_size = (uint)sizeof(fv_tensor_info) };
            fv_error error;
            Call.Check(NativeMethods.fv_model_tensor_info(Handle, i, &info, &error), &error);
            tensors[i] = new TensorInfo(Call.Text(info.name), Shape.From(info.shape, info.rank), info.trainable != 0);
        }
        return tensors;
    }
}
