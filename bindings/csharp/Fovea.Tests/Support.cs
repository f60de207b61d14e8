namespace Fovea.Tests;

/// <summary>Small networks and data for the tests.</summary>
internal static class Small
{
    internal static FoveaException Fails(ErrorCode code, Action action)
    {
        var e = Assert.Throws<FoveaException>(action);
        Assert.Equal(code, e.Code);
        Assert.NotEmpty(e.Message);
        return e;
    }

    internal static FoveaException Fails(ErrorCode code, Func<object?> make) => Fails(code, () => { _ = make(); });

    /// <summary>4 inputs, 3 outputs.</summary>
    internal static Model Linear(Context context, DType dtype = DType.Default, ulong seed = 1)
    {
        using var graph = new Graph(context);
        var x = graph.Input(new() { Name = "x", Shape = [4] });
        return new Model(graph, graph.Dense(x, new() { Name = "y", Units = 3 }), new() { DType = dtype, Seed = seed });
    }

    /// <summary>16 x 16 x 1 pixels to 10 classes.</summary>
    internal static Model Digits(Context context, ulong seed = 1)
    {
        using var graph = new Graph(context);
        var x = graph.Input(new() { Name = "image", Shape = [16, 16, 1] });
        x = graph.Conv2D(x, new() { Name = "conv", Filters = 8, Kernel = 3, Activation = Activation.Relu });
        x = graph.MaxPool2D(x);
        x = graph.Dense(graph.Flatten(x), new() { Name = "out", Units = 10 });
        return new Model(graph, x, new() { Seed = seed, Transform = new() { Scale = 1.0 / 255 } });
    }

    internal static Dataset DigitsData(Context context, long count = 64, ulong seed = 1) =>
        Dataset.Digits(context, new() { Size = 16, Count = count, Seed = seed });

    internal static Trainer Sgd(Model model, ulong seed = 1) =>
        new(model, new() { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 0.05, Seed = seed });

    internal static float[] Weights(Model model, string name) => model.GetTensor<float>(name).Memory.ToArray();

    /// <summary>Collects garbage until `done`, as long as it is reasonable.</summary>
    internal static bool CollectUntil(Func<bool> done)
    {
        for (var i = 0; i < 50; ++i)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            if (done()) return true;
            Thread.Sleep(1);
        }
        return done();
    }
}

/// <summary>A folder that is gone after the test.</summary>
public abstract class InFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-");

    protected string Place(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _folder.Delete(recursive: true);
    }
}
