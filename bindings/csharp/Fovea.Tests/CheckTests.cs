namespace Fovea.Tests;

/// <summary>What is wrong with a training.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Fact]
    public void ATrainingThatIsWellRaisesNoAlarm()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context, 600);
        using var trainer = Small.Sgd(model);
        var before = Small.Weights(model, "conv.kernel");
        using var report = trainer.CheckAll(data, new() { Steps = 100 });
        Assert.True(report.Severity < Severity.Warning, report.Text());
        Assert.Equal(before, Small.Weights(model, "conv.kernel"));
        var gradient = Assert.Single(report.Findings(), f => f.Check == Check.Gradient);
        Assert.True(gradient.Value < GradientBands.Kinks, report.Text());
        Assert.Contains("gradient flow", report.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void ARateThatIsTooHighIsNamed()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context, 600);
        using var trainer = new Trainer(model,
            new() { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 1e5 });
        using var report = trainer.Check(Check.LearningRate, data, new() { Steps = 60 });
        var finding = Assert.Single(report.Findings(), f => f.Code == FindingCode.RateTooHigh);
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Equal("rate too high", Report.NameOf(finding.Code));
        Assert.Equal("learning rate", Report.NameOf(finding.Check));
        Assert.Equal(Severity.Error, report.Severity);
        Assert.Contains("lower the rate", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SharedSamplesAreFound()
    {
        using var data = Small.DigitsData(_context, 100);
        using var other = Small.DigitsData(_context, 100, seed: 2);
        using (var apart = data.CheckLeakage(new() { Validation = other })) Assert.Equal(Severity.Ok, apart.Severity);
        using var report = data.CheckLeakage(new() { Validation = other, Test = data });
        Assert.Contains(report.Findings(), f => f.Code == FindingCode.TestSetUsed);
        Assert.Contains(report.Findings(), f => f.Code == FindingCode.LeakedSplit && f.Place == "test" && f.Value == 1);
    }

    [Fact]
    public void RefusesWhatMakesNoSense()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context, 64);
        using var trainer = Small.Sgd(model);
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.CheckAll(data, new() { Steps = -1 }));
        Assert.Throws<ArgumentNullException>(() => trainer.CheckAll(null!));
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => trainer.CheckAll(data, null, source.Token));
    }
}
