namespace Fovea.Tests;

/// <summary>The learning-rate range test, mixup, penalties on outputs, and batch norm's statistics measured anew.</summary>
public sealed class PracticeTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Fact]
    public void ARateIsFoundAndTheTrainerStays()
    {
        using var data = Small.DigitsData(_context);
        using var trainer = Small.Sgd(Small.Digits(_context));
        var rate = trainer.LearningRate;
        var found = trainer.FindRate(data, new() { Lowest = 1e-4, Highest = 1, Steps = 20 });
        Assert.InRange(found.Points.Count, 11, 20);
        Assert.Equal(1e-4, found.Points[0].Rate, 1e-12);
        Assert.True(found.Suggested < found.LowestLoss);
        Assert.Equal(rate, trainer.LearningRate);
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.FindRate(data, new() { Steps = 1 }));
    }

    [Fact]
    public void MixingAndShrinkingChangeTheTraining()
    {
        var plain = LossAfter(new() { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd });
        Assert.NotEqual(plain, LossAfter(new()
        {
            Loss = Loss.SoftmaxCrossEntropy,
            Optimizer = Optimizer.Sgd,
            Mix = new() { Mixup = 0.4, Cutmix = 1 },
        }));
        Assert.NotEqual(plain, LossAfter(new()
        {
            Loss = Loss.SoftmaxCrossEntropy,
            Optimizer = Optimizer.Sgd,
            L1 = 1e-3,
            ProximalL1 = true,
        }));
    }

    [Fact]
    public void BatchNormIsMeasuredAnew()
    {
        using var data = Small.DigitsData(_context);
        using var graph = new Graph(_context);
        var x = graph.Input(new() { Name = "image", Shape = [16, 16, 1] });
        x = graph.BatchNorm(x, new() { Name = "norm" });
        x = graph.Dense(graph.Flatten(x), new() { Units = 10, ActivityRegularizer = new() { L1 = 1e-3 } });
        using var model = new Model(graph, x, new());
        model.UpdateBatchNorm(data, batchSize: 64);
        var sum = 0.0;
        var pixels = new byte[256];
        for (var i = 0; i < 64; ++i)
        {
            data.Get(i, pixels);
            foreach (var p in pixels) sum += p;
        }
        Assert.Equal(sum / (64 * 256), Small.Weights(model, "norm.running_mean")[0], 1e-3);
    }

    private double LossAfter(TrainerOptions options)
    {
        using var data = Small.DigitsData(_context);
        using var trainer = new Trainer(Small.Digits(_context), options);
        trainer.Fit(data, options: new() { Epochs = 2 });
        return trainer.History()[1].Loss;
    }
}
