namespace Fovea.Tests;

public sealed class MetricTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Fact]
    public void ASetIsSummedUpAndRead()
    {
        Metric[] set =
        [
            new(MetricKind.F1),
            new() { Kind = MetricKind.Recall, Average = ClassAverage.One, ClassIndex = 1 },
            new() { Kind = MetricKind.Loss, Loss = Loss.MeanSquaredError, Name = "mine" },
        ];
        Assert.Equal(["f1", "recall_1", "mine"], set.Select(m => m.EffectiveName()));
        using var metrics = new Metrics(_context, 2, set, new() { Ignore = 9, Confusion = true });
        Assert.All(metrics.Values(), value => Assert.True(double.IsNaN(value)));
        var outputs = Tensor.Of([1.0, 0, 1, 0, 0, 1, 5, 5], [4, 2]);
        var labels = Tensor.Of([0L, 1, 1, 9], [4]);
        metrics.Update(outputs, labels);
        Assert.Equal([2.0 / 3, 0.5, 1.0 / 3], metrics.Values());
        Assert.Equal([2.0 / 3, 2.0 / 3], metrics.ClassValues(0));
        Assert.Equal([1, 0, 1, 1], metrics.Confusion().Counts.ToArray());
        metrics.Reset();
        metrics.Update(outputs, labels, Tensor.Of([0f, 1, 0, 1], [4]));
        Assert.Equal(0, metrics.Values()[1]);
        Assert.True(Metric.IsLargerBetter(MetricKind.RocAuc));
        Assert.False(Metric.IsLargerBetter(MetricKind.MeanAbsoluteError));
    }

    [Fact]
    public void WhatMakesNoSenseIsRefused()
    {
        Metric[] top = [new() { Kind = MetricKind.TopK, K = 4 }];
        var e = Small.Fails(ErrorCode.InvalidArgument, () => new Metrics(_context, 3, top));
        Assert.Contains("k is 4", e.Message, StringComparison.Ordinal);
        using var metrics = new Metrics(_context, 3, [new(MetricKind.Accuracy)]);
        Small.Fails(ErrorCode.InvalidArgument, () => metrics.ClassValues(0));
        Small.Fails(ErrorCode.InvalidArgument, () => metrics.Confusion());
    }

    [Fact]
    public void EvaluateMeasuresASetAndAnObject()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context);
        using var session = new Session(model, new() { MaxBatch = 16 });
        using var metrics = new Metrics(_context, 10, [new(MetricKind.RocAuc)]);
        var result = session.Evaluate(data, new()
        {
            Metrics = [new(MetricKind.Accuracy), new(MetricKind.CalibrationError)],
            Measure = metrics,
        });
        Assert.Equal(result.Accuracy, result.Metrics[0]);
        Assert.InRange(result.Metrics[1], 0, 1);
        Assert.Equal(10, metrics.ClassValues(0).Length);
        Assert.Empty(session.Evaluate(data).Metrics);
    }

    [Fact]
    public void FitMeasuresAndStopsByName()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context);
        using var trainer = Small.Sgd(model);
        var reason = trainer.Fit(data, data, new()
        {
            Epochs = 9,
            Metrics = [new(MetricKind.F1)],
            Stop = new() { MonitorName = "val_f1", Patience = 2, MinDelta = 2 },
        });
        Assert.Equal(StopReason.NoImprovement, reason);
        Assert.Equal(["f1", "val_f1"], trainer.SeriesNames());
        Assert.Equal(3, trainer.Series("val_f1").Length);
    }

    [Fact]
    public void ATrainerMeasuresOnTheFlyAndKeepsSeries()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context);
        using var trainer = Small.Sgd(model);
        trainer.SetMetrics([new(MetricKind.Accuracy), new() { Kind = MetricKind.TopK, K = 3, Name = "third" }]);
        Assert.Equal(["accuracy", "third"], trainer.Metrics().Select(m => m.Name));
        Assert.Equal(3, trainer.Metrics()[1].K);
        trainer.Feed(data, new() { BatchSize = 16 });
        trainer.Next();
        var progress = trainer.Next();
        Assert.Equal(progress.Accuracy, trainer.MetricValues()[0]);
        trainer.ResetMetrics();
        Assert.True(double.IsNaN(trainer.MetricValues()[1]));

        trainer.RecordValue("mine", 2.5);
        trainer.Record(new() { Epoch = 0, Loss = 1.5 });
        trainer.Record(new() { Epoch = 1, Loss = 0.5 });
        Assert.Equal(["mine"], trainer.SeriesNames());
        Assert.Equal([2.5, double.NaN], trainer.Series("mine"));
        Assert.Equal([1.5, 0.5], trainer.Series("loss"));
        Small.Fails(ErrorCode.NotFound, () => trainer.Series("other"));
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.RecordValue("val_loss", 1));
    }
}
