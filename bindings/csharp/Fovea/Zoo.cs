namespace Fovea;

/// <summary>How large a network of the zoo is.</summary>
public sealed record ZooOptions
{
    /// <summary>The number of classes; 0: the paper's.</summary>
    public int Classes { get; init; }

    /// <summary>Of the input; 0: the paper's. So the next two.</summary>
    public long Height { get; init; }

    /// <summary>Of the input.</summary>
    public long Width { get; init; }

    /// <summary>Of the input.</summary>
    public long Channels { get; init; }

    /// <summary>Of all hidden layers; 0: 1.</summary>
    public double WidthMultiplier { get; init; }

    internal static unsafe fv_zoo_desc Native(ZooOptions? it) => new()
    {
        struct_size = (uint)sizeof(fv_zoo_desc),
        classes = it?.Classes ?? 0,
        height = it?.Height ?? 0,
        width = it?.Width ?? 0,
        channels = it?.Channels ?? 0,
        width_multiplier = it?.WidthMultiplier ?? 0,
    };
}

/// <content>Well-known networks, with their input. Each method returns the logits.</content>
public sealed unsafe partial class Graph
{
    /// <summary>LeNet-5 with ReLU and max pooling; 28 × 28 × 1. 61,706 parameters. LeCun et al. 1998, figure 2.</summary>
    public Node LeNet5(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_lenet5, options);

    /// <summary>The Keras example for MNIST: two convolutions, dropout, dense 128; 28 × 28 × 1. 1,199,882 parameters.</summary>
    public Node KerasCnn(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_keras_cnn, options);

    /// <summary>ResNet for CIFAR, of depth 20, 32, 44, 56 or 110; 32 × 32 × 3. He et al. 2016, section 4.2.</summary>
    public Node ResNetCifar(int depth, ZooOptions? options = null)
    {
        var desc = ZooOptions.Native(options);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_zoo_resnet_cifar(Handle, depth, &desc));
    }

    /// <summary>ResNet-18; 224 × 224 × 3. 11,689,512 parameters. He et al. 2016, table 1.</summary>
    public Node ResNet18(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_resnet18, options);

    /// <summary>VGG-16; 224 × 224 × 3. 138,357,544 parameters. Simonyan and Zisserman 2015, table 1, D.</summary>
    public Node Vgg16(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_vgg16, options);

    private Node FromZoo(delegate*<GraphHandle, fv_zoo_desc*, ulong> build, ZooOptions? options)
    {
        var desc = ZooOptions.Native(options);
        using var turn = TakeTurn();
        return Added(build(Handle, &desc));
    }
}
