namespace Fovea;

public sealed unsafe partial class Graph
{
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
        using var memory = new CallMemory();
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
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            bias_initializer = Initializer.Native(options.BiasInitializer, memory),
            kernel_regularizer = Regularizer.Native(options.KernelRegularizer, memory),
            bias_regularizer = Regularizer.Native(options.BiasRegularizer, memory),
            activity_regularizer = Regularizer.Native(options.ActivityRegularizer, memory),
            drop_connect = options.DropConnect,
        };
        options.Kernel.To(desc.kernel);
        options.Strides.To(desc.strides);
        options.Dilation.To(desc.dilation);
        options.Pad.To(desc.pad);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_conv2d(Handle, x.Id, &desc));
    }

    /// <summary>
    /// Fully connected, N to units; x must be flat (see <see cref="Flatten"/>). Parameters: name.kernel [N][units],
    /// name.bias [units].
    /// </summary>
    public Node Dense(Node x, DenseOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_dense_desc
        {
            struct_size = (uint)sizeof(fv_dense_desc),
            name = memory.Text(options.Name),
            units = options.Units,
            no_bias = Call.Flag(options.NoBias),
            activation = (int)options.Activation,
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            bias_initializer = Initializer.Native(options.BiasInitializer, memory),
            kernel_regularizer = Regularizer.Native(options.KernelRegularizer, memory),
            bias_regularizer = Regularizer.Native(options.BiasRegularizer, memory),
            activity_regularizer = Regularizer.Native(options.ActivityRegularizer, memory),
            drop_connect = options.DropConnect,
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_dense(Handle, x.Id, &desc));
    }

    /// <summary>The largest value of each window, for each channel; padding never wins.</summary>
    public Node MaxPool2D(Node x, Pool2DOptions? options = null) => Pool(&NativeMethods.fv_max_pool2d, x, options);

    /// <summary>The mean of each window, for each channel.</summary>
    public Node AveragePool2D(Node x, Pool2DOptions? options = null) =>
        Pool(&NativeMethods.fv_average_pool2d, x, options);

    /// <summary>The mean over the image: H × W × C to C.</summary>
    public Node GlobalAveragePool2D(Node x, LayerOptions? options = null) =>
        Plain(&NativeMethods.fv_global_average_pool2d, x, options);

    /// <summary>
    /// Batch normalisation over all but the last axis. Parameters: name.gamma, name.beta; state: name.running_mean,
    /// name.running_var; all [C].
    /// </summary>
    public Node BatchNorm(Node x, BatchNormOptions? options = null)
    {
        options ??= new BatchNormOptions();
        using var memory = new CallMemory();
        var desc = new fv_batch_norm_desc
        {
            struct_size = (uint)sizeof(fv_batch_norm_desc),
            name = memory.Text(options.Name),
            momentum = Call.Number(options.Momentum),
            epsilon = Call.Number(options.Epsilon),
            no_scale = Call.Flag(options.NoScale),
            no_center = Call.Flag(options.NoCenter),
            biased_running_variance = Call.Flag(options.BiasedRunningVariance),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_batch_norm(Handle, x.Id, &desc));
    }

    /// <summary>Sets each element to zero with some probability in training, does nothing at inference.</summary>
    public Node Dropout(Node x, DropoutOptions? options = null)
    {
        options ??= new DropoutOptions();
        using var memory = new CallMemory();
        var desc = new fv_dropout_desc
        {
            struct_size = (uint)sizeof(fv_dropout_desc),
            name = memory.Text(options.Name),
            rate = Call.Number(options.Rate),
            scale_at_test = Call.Flag(options.ScaleAtTest),
        };
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_dropout(Handle, x.Id, &desc));
    }

    private static fv_layer_desc Named(LayerOptions? options, CallMemory memory) =>
        new() { struct_size = (uint)sizeof(fv_layer_desc), name = memory.Text(options?.Name) };

    private Node Plain(delegate*<GraphHandle, ulong, fv_layer_desc*, ulong> add, Node x, LayerOptions? options)
    {
        using var memory = new CallMemory();
        var desc = Named(options, memory);
        using var turn = TakeTurn();
        return Added(add(Handle, x.Id, &desc));
    }

    private Node Pool(delegate*<GraphHandle, ulong, fv_pool2d_desc*, ulong> add, Node x, Pool2DOptions? options)
    {
        options ??= new Pool2DOptions();
        using var memory = new CallMemory();
        var desc = new fv_pool2d_desc
        {
            struct_size = (uint)sizeof(fv_pool2d_desc),
            name = memory.Text(options.Name),
            padding = (int)options.Padding,
            ceil_mode = Call.Flag(options.CeilMode),
            exclude_padding = Call.Flag(options.ExcludePadding),
        };
        options.Size.To(desc.size);
        options.Strides.To(desc.strides);
        options.Pad.To(desc.pad);
        using var turn = TakeTurn();
        return Added(add(Handle, x.Id, &desc));
    }
}
