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
trainer.Save(args[0]);
return 0;

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
