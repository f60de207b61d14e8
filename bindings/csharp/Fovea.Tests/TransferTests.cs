namespace Fovea.Tests;

/// <summary>What one network has learned, given to another.</summary>
public sealed class TransferTests : InFolder
{
    private readonly Context _context = new(new() { Threads = 1 });
    private readonly Model _model;

    public TransferTests() => _model = Small.Digits(_context);

    protected override void Dispose(bool disposing)
    {
        _model.Dispose();
        _context.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void ReplacesTheHead()
    {
        using var made = _model.ReplaceHead("conv", new() { Units = 3, Name = "new" });
        Assert.Equal(Small.Weights(_model, "conv.kernel"), Small.Weights(made, "conv.kernel"));
        Assert.Equal("new", Assert.Single(made.Outputs).Name);
        Small.Fails(ErrorCode.NotFound, () => _model.ReplaceHead("none", new() { Units = 3 }));
    }

    [Fact]
    public void LoadsWeightsByName()
    {
        var path = Place("m.fovea");
        _model.Save(path);
        using var made = _model.ReplaceHead("conv", new() { Units = 3 });
        using var report = made.LoadWeights(path, new() { Renames = [("out.", "head.")] });
        Assert.Equal(2, report.Count(Match.Loaded));
        var rows = report.Rows();
        Assert.Equal([Match.Loaded, Match.Loaded, Match.Different, Match.Different], rows.Select(row => row.Match));
        Assert.Equal(("head.kernel", "out.kernel"), (rows[2].Name, rows[2].Source));
        Assert.StartsWith("2 loaded", report.ToString(), StringComparison.Ordinal);
        Small.Fails(ErrorCode.Mismatch, () => made.CopyWeights(_model, new() { Strict = true }));
        using var conv = made.CopyWeights(_model, new() { Tensors = "conv.*" });
        Assert.Equal(2, conv.Rows().Length);
        using var all = made.CopyWeights(_model);
        Assert.Null(all.Rows().Single(row => row.Name == "head.bias").Source);
    }

    [Fact]
    public void BuildsOnFromANodeOfAModel()
    {
        using var graph = Graph.FromModel(_model);
        Assert.Equal(Node.None, graph.Find("none"));
        var more = graph.Dense(graph.Flatten(graph.Find("conv")), new() { Name = "more", Units = 2 });
        using var made = new Model(graph, [graph.Find("out"), more]);
        using var report = made.CopyWeights(_model);
        Assert.Equal(4, report.Count(Match.Loaded));
    }

    [Fact]
    public void GivesFeaturesAndProbes()
    {
        using var data = Small.DigitsData(_context, 20);
        using var session = new Session(_model, new() { MaxBatch = 8, Outputs = ["conv", "out"] });
        var features = session.Features(data);
        Assert.Equal(2, features.Length);
        Assert.Equal([10], features[1].Info.Shape);
        Assert.Equal(10, features[1].Info.Classes);
        foreach (var part in features) part.Dispose();
        Assert.Throws<OperationCanceledException>(() => session.Features(data, new CancellationToken(canceled: true)));

        var results = _model.Probe(["conv", "out"], data, data, new() { Epochs = 2, BatchSize = 10 });
        Assert.Equal([8, 10], results.Select(result => result.Features));
        Assert.All(results, result => Assert.Equal(result.TrainAccuracy, result.Accuracy));
        Assert.Equal(1.0 / 255, _model.Transform.Scale);
        Assert.Null(_model.Transform.Mean);
    }

    [Fact]
    public void FreezesLayersAndLetsRatesFall()
    {
        var before = Small.Weights(_model, "conv.kernel");
        using var data = Small.DigitsData(_context, 20);
        using var trainer = Small.Sgd(_model);
        Assert.Null(trainer.FrozenUntil);
        trainer.FreezeUntil("conv");
        Assert.Equal("conv", trainer.FrozenUntil);
        Assert.Equal(0, trainer.RateFactor("conv.kernel"));
        trainer.Fit(data);
        Assert.Equal(before, Small.Weights(_model, "conv.kernel"));
        Small.Fails(ErrorCode.NotFound, () => trainer.FreezeUntil("none", trainStatistics: true));
        trainer.FreezeUntil(null);
        trainer.SetLayerRates(0.5);
        Assert.Equal(0.5, trainer.RateFactor("conv.bias"));
        trainer.Fit(data, options: new() { Epochs = 2 });
        Assert.NotEqual(before, Small.Weights(_model, "conv.kernel"));
    }
}
