// Fovea in one program: builds LeNet-5, trains it on images of digits, measures and saves it; then, in a second process,
// loads and uses it.
//
//   dotnet run -- train|classify [--data DIR] [--out DIR]
using System.Globalization;
using Fovea;

const int Epochs = 6, BatchSize = 64, Classes = 10, Side = 28;

string? dataDir = null; // the four files of MNIST; without, digits are drawn
var outDir = ".";
var ok = args.Length >= 1 && args.Length % 2 == 1 && args[0] is "train" or "classify";
for (var i = 1; ok && i < args.Length; i += 2)
{
    if (args[i] == "--data") dataDir = args[i + 1];
    else if (args[i] == "--out") outDir = args[i + 1];
    else ok = false;
}
if (!ok)
{
    Console.Error.WriteLine("usage: Quickstart train|classify [--data DIR] [--out DIR]");
    return 1;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using var context = new Context();
try
{
    if (args[0] == "train") Train();
    else Classify();
    return 0;
}
catch (FoveaException e)
{
    Console.Error.WriteLine($"quickstart: {e.Message}");
    return 1;
}

string Place(string name) => Path.Combine(outDir, name);

Dataset OpenData(string part) => dataDir is null // "train" or "t10k"
    ? Dataset.Digits(context, new() { Count = part == "train" ? 30000 : 5000, Seed = part == "train" ? 1u : 0 })
    : Dataset.OpenIdx(context, Path.Combine(dataDir, $"{part}-images-idx3-ubyte.gz"),
        Path.Combine(dataDir, $"{part}-labels-idx1-ubyte.gz"));

Model LeNet5()
{
    using var g = new Graph(context);
    var x = g.Input(new() { Name = "image", Shape = [Side, Side, 1] });
    x = g.Conv2D(x, new() { Name = "conv1", Filters = 6, Kernel = 5, Padding = Padding.Same, Activation = Activation.Relu });
    x = g.MaxPool2D(x, new() { Size = 2 });
    x = g.Conv2D(x, new() { Name = "conv2", Filters = 16, Kernel = 5, Activation = Activation.Relu });
    x = g.MaxPool2D(x, new() { Size = 2 });
    x = g.Dense(g.Flatten(x), new() { Units = 120, Activation = Activation.Relu });
    x = g.Dense(x, new() { Units = 84, Activation = Activation.Relu });
    x = g.Dense(x, new() { Units = Classes });
    var probability = g.Softmax(x, new() { Name = "probability" });
    return new Model(g, [x, probability], new() { Transform = new() { Scale = 1.0 / 255 } });
}

void Train()
{
    using var data = OpenData("train");
    using var test = OpenData("t10k");
    using var model = LeNet5();
    using var trainer = new Trainer(model, new()
    {
        Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 0.05, Momentum = 0.9,
    });
    var loss = new List<double>(); // for the picture: a running mean over the batches
    trainer.Fit(data, test, new() { Epochs = Epochs, BatchSize = BatchSize, OnProgress = p => Show(trainer, p, loss) });
    trainer.Save(Place("quickstart.fovea"));
    Measure(model, test);
    Picture.Filters(Place("filters.png"), model.GetTensor<float>("conv1.kernel"));
    Picture.Plot(Place("loss.png"), [new() { Label = "training", Y = loss.ToArray() }],
        new() { Title = "LeNet-5", XLabel = "step", YLabel = "loss", LogY = true });
}

FitControl Show(Trainer trainer, TrainingProgress p, List<double> loss)
{
    loss.Add(loss.Count == 0 ? p.BatchLoss : 0.98 * loss[^1] + 0.02 * p.BatchLoss);
    var live = !Console.IsOutputRedirected;
    if (live || p.EpochEnded)
        Console.Write($"{(live ? "\r" : "")}epoch {p.Epoch + 1}/{p.Epochs}  batch {p.Batch}/{p.Batches}  "
            + $"loss {p.Loss:F4}  accuracy {100 * p.Accuracy:F2} %  {p.SamplesPerSecond:F0} images/s  "
            + $"{p.SecondsLeft:F0} s left  {(p.EpochEnded ? "\n" : "")}");
    if (p.EpochEnded) trainer.LearningRate = 0.5 * p.LearningRate;
    return FitControl.Continue;
}

void Measure(Model model, Dataset test)
{
    using var session = new Session(model, new() { MaxBatch = BatchSize });
    var result = session.Evaluate(test, new() { Confusion = true });
    Console.WriteLine($"\ntest accuracy {100 * result.Accuracy:F2} %\n\nclass  precision    recall  f1");
    foreach (var (score, k) in result.Confusion!.Scores().Select((score, k) => (score, k)))
        Console.WriteLine($"{k,5}  {100 * score.Precision,7:F2} %  {100 * score.Recall,5:F2} %  {score.F1:F4}");
}

void Classify() // six test images, three across, two pixels of height to a character
{
    using var test = OpenData("t10k");
    using var model = Model.Load(context, Place("quickstart.fovea"));
    using var session = new Session(model, new() { MaxBatch = 6, Outputs = ["probability"] });
    var images = new byte[6 * Side * Side];
    var labels = new long[6];
    var p = new float[6 * Classes];
    for (var i = 0; i < 6; ++i)
        labels[i] = test.Get(618 * i + 33, images.AsSpan(i * Side * Side, Side * Side));
    session.Run<byte, float>(images, p);

    byte Pixel(int i, int y, int x) => images[(i * Side + y) * Side + x];
    for (var row = 0; row < 6; row += 3)
    {
        for (var y = 2; y < Side - 2; y += 2, Console.WriteLine())
            for (var i = row; i < row + 3; ++i, Console.Write("  "))
                for (var x = 2; x < Side - 2; ++x)
                    Console.Write(" .:-=+*#%@"[(Pixel(i, y, x) + Pixel(i, y + 1, x)) / 52]);
        for (var i = row; i < row + 3; ++i)
        {
            var best = Enumerable.Range(0, Classes).MaxBy(k => p[i * Classes + k]);
            Console.Write($"{best} with {100 * p[i * Classes + best],5:F1} %, is {labels[i]}      ");
        }
        Console.WriteLine("\n");
    }
}
