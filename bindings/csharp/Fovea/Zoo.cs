namespace Fovea;

/// <summary>How the blocks of <see cref="Graph.ResNetCifar"/> are bridged.</summary>
public enum Shortcut
{
    /// <summary>No parameters: every second pixel, zeros for new channels; the paper's option A.</summary>
    Zeros = NativeMethods.FV_SHORTCUT_ZEROS,

    /// <summary>A 1 × 1 convolution with batch norm where the extents change; option B.</summary>
    Projection = NativeMethods.FV_SHORTCUT_PROJECTION,

    /// <summary>Not at all: the plain network that the paper compares with.</summary>
    None = NativeMethods.FV_SHORTCUT_NONE,
}

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

    /// <summary>Of <see cref="Graph.ResNetCifar"/>.</summary>
    public Shortcut Shortcut { get; init; }

    /// <summary>Of all convolutions; <see cref="ConvAlgorithm.Direct"/> rounds least.</summary>
    public ConvAlgorithm Algorithm { get; init; }

    /// <summary>Rate of all dropout layers; null: the paper's; 0: none.</summary>
    public double? Dropout { get; init; }

    internal static unsafe fv_zoo_desc Native(ZooOptions? it) => new()
    {
        struct_size = (uint)sizeof(fv_zoo_desc),
        classes = it?.Classes ?? 0,
        height = it?.Height ?? 0,
        width = it?.Width ?? 0,
        channels = it?.Channels ?? 0,
        width_multiplier = it?.WidthMultiplier ?? 0,
        shortcut = (int)(it?.Shortcut ?? Shortcut.Zeros),
        algorithm = (int)(it?.Algorithm ?? ConvAlgorithm.Automatic),
        dropout = Call.Number(it?.Dropout),
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

    /// <summary>
    /// ResNet of depth 18, 34, 50, 101 or 152; 224 × 224 × 3, as the networks below. 25,557,032 parameters at depth 50. He
    /// et al. 2016, table 1.
    /// </summary>
    public Node ResNet(int depth, ZooOptions? options = null)
    {
        var desc = ZooOptions.Native(options);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_zoo_resnet(Handle, depth, &desc));
    }

    /// <summary>ResNeXt-50 (32x4d). 25,028,904 parameters. Xie et al. 2017, table 1.</summary>
    public Node ResNeXt50(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_resnext50, options);

    /// <summary>AlexNet in one tower, without LRN. 61,100,840 parameters. Krizhevsky 2014.</summary>
    public Node AlexNet(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_alexnet, options);

    /// <summary>
    /// AlexNet as it won ILSVRC 2012, 227 × 227 × 3: local response norm, and with 2 towers conv2, conv4 and conv5 in two
    /// groups. 60,965,224 parameters, with 1 tower 62,378,344. Krizhevsky et al. 2012, figure 2.
    /// </summary>
    public Node AlexNet2012(int towers = 2, ZooOptions? options = null)
    {
        var desc = ZooOptions.Native(options);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_zoo_alexnet_2012(Handle, towers, &desc));
    }

    /// <summary>ZFNet as it won ILSVRC 2013. 107,627,624 parameters. Zeiler and Fergus 2014, figure 3.</summary>
    public Node ZfNet(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_zfnet, options);

    /// <summary>
    /// VGG of depth 11, 13, 16 or 19, on request with batch norm after every convolution. 138,357,544 parameters at depth
    /// 16 without. Simonyan and Zisserman 2015, table 1.
    /// </summary>
    public Node Vgg(int depth, bool batchNorm = false, ZooOptions? options = null)
    {
        var desc = ZooOptions.Native(options);
        using var turn = TakeTurn();
        return Added(NativeMethods.fv_zoo_vgg(Handle, depth, batchNorm ? 1 : 0, &desc));
    }

    /// <summary>GoogLeNet with batch norm, without auxiliary heads. 6,624,904 parameters. Szegedy et al. 2015.</summary>
    public Node GoogLeNet(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_googlenet, options);

    /// <summary>
    /// GoogLeNet as it won ILSVRC 2014: no batch norm, local response norm, 5 × 5 kernels. 6,998,552 parameters.
    /// </summary>
    public Node GoogLeNet2014(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_googlenet_2014, options);

    /// <summary>
    /// GoogLeNet with its auxiliary heads: the logits behind inception4a and inception4d, which are trained as further
    /// outputs whose losses have the weight 0.3. 13,004,888 parameters.
    /// </summary>
    public Node GoogLeNet(out Node aux1, out Node aux2, ZooOptions? options = null) =>
        WithHeads(&NativeMethods.fv_zoo_googlenet, options, out aux1, out aux2);

    /// <summary>GoogLeNet of 2014 with its auxiliary heads; images of 224 × 224 or about. 13,378,280 parameters.</summary>
    public Node GoogLeNet2014(out Node aux1, out Node aux2, ZooOptions? options = null) =>
        WithHeads(&NativeMethods.fv_zoo_googlenet_2014, options, out aux1, out aux2);

    /// <summary>DenseNet-121. 7,978,856 parameters. Huang et al. 2017, table 1.</summary>
    public Node DenseNet121(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_densenet121, options);

    /// <summary>SqueezeNet 1.1. 1,235,496 parameters. Iandola et al. 2016.</summary>
    public Node SqueezeNet(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_squeezenet, options);

    /// <summary>MobileNetV2. 3,504,872 parameters. Sandler et al. 2018, table 2.</summary>
    public Node MobileNetV2(ZooOptions? options = null) => FromZoo(&NativeMethods.fv_zoo_mobilenet_v2, options);

    private Node WithHeads(delegate*<GraphHandle, fv_zoo_desc*, ulong> build, ZooOptions? options, out Node aux1,
        out Node aux2)
    {
        var heads = stackalloc ulong[2];
        var desc = ZooOptions.Native(options);
        desc.heads = heads;
        using var turn = TakeTurn();
        var logits = Added(build(Handle, &desc));
        (aux1, aux2) = (Added(heads[0]), Added(heads[1]));
        return logits;
    }

    private Node FromZoo(delegate*<GraphHandle, fv_zoo_desc*, ulong> build, ZooOptions? options)
    {
        var desc = ZooOptions.Native(options);
        using var turn = TakeTurn();
        return Added(build(Handle, &desc));
    }
}
