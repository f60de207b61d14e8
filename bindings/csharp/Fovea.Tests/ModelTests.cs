namespace Fovea.Tests;

public sealed class ModelTests : InFolder
{
    private readonly Context _context = new(new() { Threads = 1 });

    protected override void Dispose(bool disposing)
    {
        _context.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void InfoTellsWhatThereIs()
    {
        using var model = Small.Digits(_context);
        Assert.Equal(DType.F32, model.Info.DType);
        Assert.Equal(8 * 9 + 8 + 7 * 7 * 8 * 10 + 10, model.Info.Parameters);
        Assert.Equal(0, model.Info.State);
        Assert.True(model.Info.MultiplyAdds > 14 * 14 * 9 * 8);
        Assert.Equal(5, model.Info.Nodes);
        Assert.Equal([new ModelPort("image", [16, 16, 1])], model.Inputs);
        Assert.Equal([new ModelPort("out", [10])], model.Outputs);
        Assert.Equal(["conv.bias", "conv.kernel", "out.bias", "out.kernel"],
            model.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal([3, 3, 1, 8], model.Tensors.Single(t => t.Name == "conv.kernel").Shape);
        Assert.All(model.Tensors, tensor => Assert.True(tensor.Trainable));
    }

    [Fact]
    public void StateIsNotTrainable()
    {
        using var graph = new Graph(_context);
        var x = graph.Input(new() { Shape = [2, 2, 3] });
        using var model = new Model(graph, graph.BatchNorm(x, new() { Name = "bn" }));
        Assert.Equal(6, model.Info.State);
        Assert.False(model.Tensors.Single(t => t.Name == "bn.running_mean").Trainable);
        Assert.True(model.Tensors.Single(t => t.Name == "bn.gamma").Trainable);
    }

    [Fact]
    public void SummaryIsATable()
    {
        using var model = Small.Digits(_context);
        Assert.Contains("conv", model.Summary(), StringComparison.Ordinal);
        Assert.NotEqual(model.Summary(1), model.Summary(64));
        Small.Fails(ErrorCode.InvalidArgument, () => model.Summary(-1));
    }

    [Fact]
    public void TensorsGoOutAndIn()
    {
        using var model = Small.Linear(_context);
        var kernel = model.GetTensor<float>("y.kernel");
        Assert.Equal([4, 3], kernel.Shape);
        var doubled = kernel.Memory.ToArray().Select(v => 2.0 * v).ToArray();
        model.SetTensor<double>("y.kernel", doubled);
        var read = new double[12];
        Assert.Equal([4, 3], model.GetTensor("y.kernel", read.AsSpan()));
        Assert.Equal(doubled, read);
        model.SetTensor("y.kernel", kernel);
        Assert.Equal(kernel.Memory.ToArray(), Small.Weights(model, "y.kernel"));
    }

    [Fact]
    public void TensorErrorsAreTold()
    {
        using var model = Small.Linear(_context);
        Assert.Contains("nobody", Small.Fails(ErrorCode.NotFound, () => model.GetTensor<float>("nobody")).Message,
            StringComparison.Ordinal);
        Small.Fails(ErrorCode.NotFound, () => model.SetTensor<float>("nobody", [1]));
        Small.Fails(ErrorCode.InvalidArgument, () => model.GetTensor("y.kernel", new float[11].AsSpan()));
        Small.Fails(ErrorCode.InvalidArgument, () => model.SetTensor("y.kernel", Tensor.Of(new float[12], [3, 4])));
        Small.Fails(ErrorCode.InvalidArgument, () => model.GetTensor("y.kernel", new byte[48].AsSpan()));
        Assert.Throws<ArgumentException>(() => model.SetTensor<float>("y.kernel", new float[11]));
        Assert.Throws<NotSupportedException>(() => model.GetTensor("y.kernel", new short[12].AsSpan()));
        Assert.Throws<ArgumentNullException>(() => model.GetTensor<float>(null!));
        Assert.Throws<ArgumentException>(() => Tensor.Of(new float[12], [3, 5]));
    }

    [Fact]
    public void SeedsMakeTheNumbers()
    {
        using var a = Small.Linear(_context, seed: 1);
        using var same = Small.Linear(_context, seed: 1);
        using var other = Small.Linear(_context, seed: 2);
        Assert.Equal(Small.Weights(a, "y.kernel"), Small.Weights(same, "y.kernel"));
        Assert.NotEqual(Small.Weights(a, "y.kernel"), Small.Weights(other, "y.kernel"));
    }

    [Fact]
    public void CloneIsIndependent()
    {
        using var model = Small.Linear(_context);
        using var clone = model.Clone();
        Assert.Equal(Small.Weights(model, "y.kernel"), Small.Weights(clone, "y.kernel"));
        clone.SetTensor<float>("y.kernel", new float[12]);
        Assert.NotEqual(Small.Weights(model, "y.kernel"), Small.Weights(clone, "y.kernel"));
    }

    [Fact]
    public void FilesGoRound()
    {
        using var model = Small.Digits(_context);
        model.Save(Place("ein Modèle.safetensors"));
        using var loaded = Model.Load(_context, Place("ein Modèle.safetensors"));
        loaded.Save(Place("again.safetensors"));
        Assert.Equal(File.ReadAllBytes(Place("ein Modèle.safetensors")), File.ReadAllBytes(Place("again.safetensors")));
        Assert.Equal(Small.Weights(model, "conv.kernel"), Small.Weights(loaded, "conv.kernel"));
    }

    [Fact]
    public void FileErrorsAreTold()
    {
        Small.Fails(ErrorCode.NotFound, () => Model.Load(_context, Place("none")));
        File.WriteAllText(Place("bad"), "this is no model, whatever you may think of it");
        Small.Fails(ErrorCode.Format, () => Model.Load(_context, Place("bad")));
        using var model = Small.Linear(_context);
        var e = Assert.Throws<FoveaException>(() => model.Save(Place("no/such/folder")));
        Assert.Contains(e.Code, (ErrorCode[])[ErrorCode.IO, ErrorCode.NotFound]);
        Assert.Throws<ArgumentNullException>(() => model.Save(null!));
        Assert.Throws<ArgumentException>(() => model.Save("a\0b"));
    }

    [Fact]
    public void TransformsAreApplied()
    {
        using var graph = new Graph(_context);
        var x = graph.Input(new() { Shape = [1, 1, 2] });
        x = graph.GlobalAveragePool2D(x);
        using var model = new Model(graph, x, new()
        {
            Transform = new() { Scale = 0.5, Mean = [1, 2], StandardDeviation = [2, 4] },
        });
        using var session = new Session(model);
        var output = new float[2];
        session.Run([10f, 20f], output);
        Assert.Equal([2f, 2f], output);
        Assert.Throws<ArgumentException>(() => new Model(graph, x, new()
        {
            Transform = new() { Mean = [1, 2], StandardDeviation = [1] },
        }));
        Small.Fails(ErrorCode.InvalidArgument,
            () => new Model(graph, x, new() { Transform = new() { StandardDeviation = [1, 0] } }));
    }

    [Fact]
    public void OutputsAreNeeded()
    {
        using var graph = new Graph(_context);
        var x = graph.Input(new() { Shape = [1] });
        Small.Fails(ErrorCode.InvalidArgument, () => new Model(graph, []));
        Small.Fails(ErrorCode.InvalidArgument, () => new Model(graph, x, new() { DType = DType.U8 }));
    }

    [Fact]
    public void InitialValuesAndStatistics()
    {
        using var context = new Context();
        using var graph = new Graph(context);
        var x = graph.Input(new() { Name = "x", Shape = [8] });
        var h = graph.Dense(x, new() { Name = "h", Units = 6, Activation = Activation.Relu });
        Model Make(ulong seed) => new(graph, h, new()
        {
            Seed = seed, KernelInitializer = new() { Kind = InitializerKind.TruncatedNormal, StandardDeviation = 0.1 },
        });
        using var model = Make(1);
        using var other = Make(2);
        model.Reinitialize(2);
        Assert.Equal(other.GetTensor<float>("h.kernel").Memory.ToArray(), model.GetTensor<float>("h.kernel").Memory.ToArray());
        var data = new float[8 * 32];
        for (var i = 0; i < data.Length; ++i) data[i] = MathF.Sin(i * i);
        Tensor[] batch = [Tensor.Of(data, [32, 8])];
        model.Lsuv(batch, 0.05);
        var rows = model.Statistics(batch, new() { Bins = 4, Low = 0, High = 8 });
        Assert.Equal(["x", "h"], rows.Select(row => row.Node));
        Assert.InRange(rows[1].StandardDeviation * rows[1].StandardDeviation, 0.95, 1.05);
        Assert.Equal(32 * 6, rows[1].Histogram.Sum());
        Assert.Equal(rows[1].Mean, model.Statistics(batch, new() { Training = true, Seed = 3 })[1].Mean);
    }
}
