namespace Fovea;

/// <summary>Whose <see cref="Recipe"/>.</summary>
public enum RecipeName
{
    /// <summary>LeCun 1998, in today's dress.</summary>
    LeNet5 = NativeMethods.FV_RECIPE_LENET5,

    /// <summary>The Keras documentation.</summary>
    KerasCnn = NativeMethods.FV_RECIPE_KERAS_CNN,

    /// <summary>Krizhevsky et al. 2012.</summary>
    AlexNet = NativeMethods.FV_RECIPE_ALEXNET,

    /// <summary>Zeiler and Fergus 2014.</summary>
    ZfNet = NativeMethods.FV_RECIPE_ZFNET,

    /// <summary>Simonyan and Zisserman 2015.</summary>
    Vgg = NativeMethods.FV_RECIPE_VGG,

    /// <summary>Szegedy et al. 2015.</summary>
    GoogLeNet = NativeMethods.FV_RECIPE_GOOGLENET,

    /// <summary>He et al. 2016, on ImageNet.</summary>
    ResNet = NativeMethods.FV_RECIPE_RESNET,

    /// <summary>The same with the weight decay of 1e-5 that a lecture gives for the paper's 1e-4.</summary>
    ResNetLecture = NativeMethods.FV_RECIPE_RESNET_LECTURE,

    /// <summary>He et al. 2016, on CIFAR-10.</summary>
    ResNetCifar = NativeMethods.FV_RECIPE_RESNET_CIFAR,

    /// <summary>Xie et al. 2017.</summary>
    ResNeXt = NativeMethods.FV_RECIPE_RESNEXT,

    /// <summary>Huang et al. 2017, on ImageNet.</summary>
    DenseNet = NativeMethods.FV_RECIPE_DENSENET,

    /// <summary>Iandola et al. 2016.</summary>
    SqueezeNet = NativeMethods.FV_RECIPE_SQUEEZENET,

    /// <summary>Sandler et al. 2018.</summary>
    MobileNetV2 = NativeMethods.FV_RECIPE_MOBILENET_V2,

    /// <summary>No network of the zoo: dense layers with the usual dropout.</summary>
    Perceptron = NativeMethods.FV_RECIPE_PERCEPTRON,
}

/// <summary>What is subtracted from the images.</summary>
public enum Mean
{
    /// <summary>Nothing.</summary>
    None = NativeMethods.FV_MEAN_NONE,

    /// <summary>The training set's mean of each channel.</summary>
    Channel = NativeMethods.FV_MEAN_CHANNEL,

    /// <summary>Its mean image: of each channel of each pixel.</summary>
    Image = NativeMethods.FV_MEAN_IMAGE,
}

/// <summary>
/// How those who published a network of the zoo have trained it, as plain data. What a source is silent about is 0.
/// </summary>
public sealed record Recipe
{
    /// <summary>The recipe of that name.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: there is none.</exception>
    public unsafe Recipe(RecipeName name)
    {
        var it = new fv_recipe { struct_size = (uint)sizeof(fv_recipe) };
        fv_error error;
        Call.Check(NativeMethods.fv_zoo_recipe((int)name, &it, &error), &error);
        Optimizer = (Optimizer)it.optimizer;
        Nesterov = it.nesterov != 0;
        BatchSize = it.batch_size;
        Epochs = it.epochs;
        Schedule = it.schedule == null ? null : new Schedule(*it.schedule);
        LearningRate = it.learning_rate;
        Momentum = it.momentum;
        L2 = it.l2;
        InputDropout = it.input_dropout;
        Dropout = it.dropout;
        HeadWeight = it.head_weight;
        Mean = (Mean)it.mean;
        Flip = it.flip != 0;
        Resize = (it.resize[0], it.resize[1]);
        CropPad = it.crop_pad;
        Crop = it.crop;
        CropArea = (it.crop_area[0], it.crop_area[1]);
        CropAspect = it.crop_aspect;
        ColorNoise = it.color_noise;
    }

    /// <summary>How parameters follow their gradients.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>With Nesterov's form of momentum.</summary>
    public bool Nesterov { get; }

    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; }

    /// <summary>In all.</summary>
    public int Epochs { get; }

    /// <summary>How the rate goes down; null: it stays.</summary>
    public Schedule? Schedule { get; }

    /// <summary>At the start.</summary>
    public double LearningRate { get; }

    /// <summary>0.8 to 0.9 as a rule.</summary>
    public double Momentum { get; }

    /// <summary>Weight decay: L2 / 2 times the sum of squares.</summary>
    public double L2 { get; }

    /// <summary>Rate of dropout on the input, of which the zoo's networks have none.</summary>
    public double InputDropout { get; }

    /// <summary>Of hidden layers: what the zoo's networks have by themselves.</summary>
    public double Dropout { get; }

    /// <summary>Of the loss of each auxiliary head.</summary>
    public double HeadWeight { get; }

    /// <summary>What is subtracted from the images.</summary>
    public Mean Mean { get; }

    /// <summary>Every second image is mirrored left to right.</summary>
    public bool Flip { get; }

    /// <summary>First the shorter side is drawn from the one to the other, in pixels,</summary>
    public (int Least, int Most) Resize { get; }

    /// <summary>or zeros are put around the image;</summary>
    public int CropPad { get; }

    /// <summary>then a square of so many pixels a side is cut out anywhere,</summary>
    public int Crop { get; }

    /// <summary>or a rectangle of so large a part of the image, made into that square,</summary>
    public (double Least, double Most) CropArea { get; }

    /// <summary>its longer side at most so many times its shorter.</summary>
    public double CropAspect { get; }

    /// <summary>Deviation of the factors of the colours' principal components that are added to an image.</summary>
    public double ColorNoise { get; }
}
