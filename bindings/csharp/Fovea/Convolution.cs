namespace Fovea;

/// <summary>Transposed convolution.</summary>
public sealed record TransposedConv2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Output channels.</summary>
    public required long Filters { get; init; }

    /// <summary>The window.</summary>
    public required Size2D Kernel { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Dilation { get; init; }

    /// <summary>Default 1.</summary>
    public long Groups { get; init; }

    /// <summary>Cells taken off the output.</summary>
    public Edges Pad { get; init; }

    /// <summary>Rows and columns more at the bottom and right.</summary>
    public Size2D OutputPadding { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>One whose derivative follows from its output.</summary>
    public Activation Activation { get; init; }

    /// <summary>Of the convolution that it is the transpose of.</summary>
    public ConvAlgorithm Algorithm { get; init; }

    /// <summary>Null: He in front of a ReLU, else Glorot.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>Null: zeros.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? BiasRegularizer { get; init; }
}

/// <summary>Depthwise convolution.</summary>
public sealed record DepthwiseConv2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Filters for each channel; Default 1.</summary>
    public long Multiplier { get; init; }

    /// <summary>The window.</summary>
    public required Size2D Kernel { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Dilation { get; init; }

    /// <summary>Default: what <see cref="Pad"/> says.</summary>
    public Padding Padding { get; init; }

    /// <summary>With <see cref="Padding.Explicit"/>.</summary>
    public Edges Pad { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>Applied to the output.</summary>
    public Activation Activation { get; init; }

    /// <summary>Null: He in front of a ReLU, else Glorot.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>Null: zeros.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? BiasRegularizer { get; init; }
}

/// <summary>Separable convolution.</summary>
public sealed record SeparableConv2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Of the 1 × 1 convolution.</summary>
    public required long Filters { get; init; }

    /// <summary>Of the depthwise one; Default 1.</summary>
    public long Multiplier { get; init; }

    /// <summary>The window.</summary>
    public required Size2D Kernel { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Dilation { get; init; }

    /// <summary>Default: what <see cref="Pad"/> says.</summary>
    public Padding Padding { get; init; }

    /// <summary>With <see cref="Padding.Explicit"/>.</summary>
    public Edges Pad { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>Applied to the output.</summary>
    public Activation Activation { get; init; }
}

/// <summary>A convolution with weights of its own at each place.</summary>
public sealed record LocalConv2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Output channels.</summary>
    public required long Filters { get; init; }

    /// <summary>The window.</summary>
    public required Size2D Kernel { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Around the image.</summary>
    public Edges Pad { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>One whose derivative follows from its output.</summary>
    public Activation Activation { get; init; }

    /// <summary>Null: He in front of a ReLU, else Glorot.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>Null: zeros.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? BiasRegularizer { get; init; }
}

/// <summary>Deformable convolution.</summary>
public sealed record DeformConv2DOptions
{
    /// <summary>Unique in the graph; null: numbered by kind.</summary>
    public string? Name { get; init; }

    /// <summary>Output channels.</summary>
    public required long Filters { get; init; }

    /// <summary>The window.</summary>
    public required Size2D Kernel { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Strides { get; init; }

    /// <summary>Default 1.</summary>
    public Size2D Dilation { get; init; }

    /// <summary>Default 1.</summary>
    public long Groups { get; init; }

    /// <summary>Default 1.</summary>
    public long OffsetGroups { get; init; }

    /// <summary>Around the image.</summary>
    public Edges Pad { get; init; }

    /// <summary>No bias.</summary>
    public bool NoBias { get; init; }

    /// <summary>Null: He in front of a ReLU, else Glorot.</summary>
    public Initializer? KernelInitializer { get; init; }

    /// <summary>Null: zeros.</summary>
    public Initializer? BiasInitializer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>Null: none.</summary>
    public Regularizer? BiasRegularizer { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>
    /// The transpose of a convolution's matrix: H × W × C to OH × OW × filters. Parameters: kernel
    /// [kh][kw][filters/groups][C], bias.
    /// </summary>
    public Node TransposedConv2D(Node x, TransposedConv2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_transposed_conv2d_desc
        {
            struct_size = (uint)sizeof(fv_transposed_conv2d_desc),
            name = memory.Text(options.Name),
            filters = options.Filters,
            groups = options.Groups,
            no_bias = Call.Flag(options.NoBias),
            activation = (int)options.Activation,
            algorithm = (int)options.Algorithm,
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            bias_initializer = Initializer.Native(options.BiasInitializer, memory),
            kernel_regularizer = Regularizer.Native(options.KernelRegularizer, memory),
            bias_regularizer = Regularizer.Native(options.BiasRegularizer, memory),
        };
        options.Kernel.To(desc.kernel);
        options.Strides.To(desc.strides);
        options.Dilation.To(desc.dilation);
        options.Pad.To(desc.pad);
        options.OutputPadding.To(desc.output_padding);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_transposed_conv2d(Handle, x.Id, &desc));
    }

    /// <summary>Each channel by itself: a conv2d with as many groups as channels.</summary>
    public Node DepthwiseConv2D(Node x, DepthwiseConv2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_depthwise_conv2d_desc
        {
            struct_size = (uint)sizeof(fv_depthwise_conv2d_desc),
            name = memory.Text(options.Name),
            multiplier = options.Multiplier,
            padding = (int)options.Padding,
            no_bias = Call.Flag(options.NoBias),
            activation = (int)options.Activation,
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            bias_initializer = Initializer.Native(options.BiasInitializer, memory),
            kernel_regularizer = Regularizer.Native(options.KernelRegularizer, memory),
            bias_regularizer = Regularizer.Native(options.BiasRegularizer, memory),
        };
        options.Kernel.To(desc.kernel);
        options.Strides.To(desc.strides);
        options.Dilation.To(desc.dilation);
        options.Pad.To(desc.pad);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_depthwise_conv2d(Handle, x.Id, &desc));
    }

    /// <summary>A depthwise convolution, then a 1 × 1 convolution.</summary>
    public Node SeparableConv2D(Node x, SeparableConv2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_separable_conv2d_desc
        {
            struct_size = (uint)sizeof(fv_separable_conv2d_desc),
            name = memory.Text(options.Name),
            filters = options.Filters,
            multiplier = options.Multiplier,
            padding = (int)options.Padding,
            no_bias = Call.Flag(options.NoBias),
            activation = (int)options.Activation,
        };
        options.Kernel.To(desc.kernel);
        options.Strides.To(desc.strides);
        options.Dilation.To(desc.dilation);
        options.Pad.To(desc.pad);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_separable_conv2d(Handle, x.Id, &desc));
    }

    /// <summary>Parameters: kernel [OH][OW][kh][kw][C][filters], bias [OH][OW][filters].</summary>
    public Node LocalConv2D(Node x, LocalConv2DOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_local_conv2d_desc
        {
            struct_size = (uint)sizeof(fv_local_conv2d_desc),
            name = memory.Text(options.Name),
            filters = options.Filters,
            no_bias = Call.Flag(options.NoBias),
            activation = (int)options.Activation,
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            bias_initializer = Initializer.Native(options.BiasInitializer, memory),
            kernel_regularizer = Regularizer.Native(options.KernelRegularizer, memory),
            bias_regularizer = Regularizer.Native(options.BiasRegularizer, memory),
        };
        options.Kernel.To(desc.kernel);
        options.Strides.To(desc.strides);
        options.Pad.To(desc.pad);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_local_conv2d(Handle, x.Id, &desc));
    }

    /// <summary>
    /// A convolution whose window's cells are moved by offsets and multiplied by factors, if there are any;
    /// torchvision's layout.
    /// </summary>
    public Node DeformConv2D(Node x, Node offsets, DeformConv2DOptions options, Node? factors = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_deform_conv2d_desc
        {
            struct_size = (uint)sizeof(fv_deform_conv2d_desc),
            name = memory.Text(options.Name),
            filters = options.Filters,
            groups = options.Groups,
            offset_groups = options.OffsetGroups,
            no_bias = Call.Flag(options.NoBias),
            kernel_initializer = Initializer.Native(options.KernelInitializer, memory),
            bias_initializer = Initializer.Native(options.BiasInitializer, memory),
            kernel_regularizer = Regularizer.Native(options.KernelRegularizer, memory),
            bias_regularizer = Regularizer.Native(options.BiasRegularizer, memory),
        };
        options.Kernel.To(desc.kernel);
        options.Strides.To(desc.strides);
        options.Dilation.To(desc.dilation);
        options.Pad.To(desc.pad);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_deform_conv2d(Handle, x.Id, offsets.Id, (factors ?? Node.None).Id, &desc));
    }
}
