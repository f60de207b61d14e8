// One truth across languages: trains a small fixed network on drawn digits, prints the loss of every batch and epoch as the
// bits of a double, and saves the checkpoint. The programs of the same name in C and in the other bindings print the same
// lines and write the same file.
//
//   SameBits CHECKPOINT
using Fovea;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: SameBits CHECKPOINT");
    return 1;
}

using var context = new Context();
using var train = Dataset.Digits(context, new() { Size = 20, Count = 500, Seed = 1 });
using var test = Dataset.Digits(context, new() { Size = 20, Count = 100, Seed = 2 });
using var model = Network(context);
using var trainer = new Trainer(model, new()
{
    Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Adam, LearningRate = 0.002, L2 = 1e-4, Seed = 3,
});
trainer.Fit(train, test, new() { Epochs = 2, BatchSize = 32, OnProgress = Show });
PrintInput(context, train, test, args[0] + ".model");
trainer.Save(args[0]);
return 0;

// What a network sees of an image: cropped, resized and whitened as fitted, from a model's file.
static void PrintInput(Context context, Dataset train, Dataset test, string path)
{
    using var fitted = Transform.Fit(context, train, new()
    {
        Whitening = Whitening.Zca, MaxSamples = 200,
        Base = new()
        {
            Scale = 1.0 / 255, SamplewiseCenter = true, Interpolation = Interpolation.Bicubic, ResizeShort = 12,
            Crop = (10, 10),
        },
    });
    using var g = new Graph(context);
    var x = g.Flatten(g.Input(new() { Name = "image", Shape = [10, 10, 1] }));
    using (var model = new Model(g, x, new() { Fitted = fitted })) model.Save(path);
    using var read = Model.Load(context, path);
    using var loaded = read.FittedTransform();
    var pixels = new byte[400];
    test.Get<byte>(0, pixels);
    var input = new float[100];
    loaded.Apply(Tensor.Of(pixels, [20, 20, 1]), TensorBuffer.Over(input));
    var hash = 0xcbf29ce484222325ul; // FNV-1a
    foreach (var b in System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(input)) hash = (hash ^ b) * 0x100000001b3;
    Console.WriteLine($"input {hash:x16}");
}

static Model Network(Context context)
{
    using var g = new Graph(context);
    var x = g.Input(new() { Name = "image", Shape = [20, 20, 1] });
    x = g.Conv2D(x, new() { Filters = 8, Kernel = 3, Padding = Padding.Same, NoBias = true });
    x = g.BatchNorm(x);
    x = g.Relu(x);
    x = g.MaxPool2D(x, new() { Size = 2 });
    x = g.Conv2D(x, new() { Filters = 16, Kernel = 3, Activation = Activation.Relu });
    x = g.AveragePool2D(x, new() { Size = 2 });
    x = g.Dropout(g.Flatten(x), new() { Rate = 0.25 });
    x = g.Dense(x, new() { Units = 10 });
    return new Model(g, x, new() { Seed = 7, Transform = new() { Scale = 1.0 / 255 } });
}

static FitControl Show(TrainingProgress p)
{
    PrintBits("batch", p.BatchLoss);
    if (p.EpochEnded) PrintBits("epoch", p.ValidationLoss);
    return FitControl.Continue;
}

static void PrintBits(string what, double value) => Console.WriteLine($"{what} {BitConverter.DoubleToUInt64Bits(value):x16}");
