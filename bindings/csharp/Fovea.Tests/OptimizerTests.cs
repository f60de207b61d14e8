namespace Fovea.Tests;

/// <summary>Optimizers, groups, schedules and averages.</summary>
public sealed class OptimizerTests
{
    private static readonly float[] Input = [.. Enumerable.Range(0, 24).Select(i => i % 7 / 7f)];
    private static readonly int[] Labels = [0, 1, 2, 0, 1, 2];

    private static Model NewModel(Context context)
    {
        using var g = new Graph(context);
        var x = g.Input(new() { Shape = [4] });
        var h = g.Dense(x, new() { Name = "h", Units = 8, Activation = Activation.Relu });
        return new Model(g, g.Dense(h, new() { Name = "y", Units = 3 }), new() { Seed = 1 });
    }

    private static float[] Values(Model model, string name, int count)
    {
        var values = new float[count];
        model.GetTensor<float>(name, values);
        return values;
    }

    [Theory]
    [InlineData(Optimizer.Sgd, 0.2)]
    [InlineData(Optimizer.Adam, 0.02)]
    [InlineData(Optimizer.Adagrad, 0.1)]
    [InlineData(Optimizer.Rmsprop, 0.01)]
    [InlineData(Optimizer.Adadelta, 5)]
    [InlineData(Optimizer.Adamax, 0.02)]
    [InlineData(Optimizer.Nadam, 0.02)]
    [InlineData(Optimizer.Lion, 0.005)]
    [InlineData(Optimizer.Lars, 0.5)]
    [InlineData(Optimizer.Lamb, 0.05)]
    [InlineData(Optimizer.Adamw, 0.02)]
    public void EveryOptimizerLowersTheLoss(Optimizer optimizer, double rate)
    {
        using var context = new Context();
        using var model = NewModel(context);
        using var trainer = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy, Optimizer = optimizer, LearningRate = rate,
            OptimizerOptions = new() { ClipGlobalNorm = 10, DecayKernelsOnly = true },
        });
        var first = trainer.Step(Input, Labels);
        var last = first;
        for (var i = 0; i < 40; ++i) last = trainer.Step(Input, Labels);
        Assert.True(last < first, $"{first} -> {last}");
        Assert.Equal(optimizer, trainer.Optimizer);
        Assert.Equal(rate, trainer.BaseLearningRate);
    }

    [Fact]
    public void GroupsFreezeAndConstrain()
    {
        using var context = new Context();
        using var model = NewModel(context);
        using var trainer = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Adam,
            Groups =
            [
                new() { Parameters = "h.*", Frozen = true },
                new() { Parameters = "y.kernel", Constraint = Constraint.UnitNorm },
            ],
        });
        var before = Values(model, "h.kernel", 32);
        trainer.Step(Input, Labels);
        Assert.Equal(before, Values(model, "h.kernel", 32));
        var y = Values(model, "y.kernel", 24);
        for (var column = 0; column < 3; ++column)
            Assert.Equal(1.0, Enumerable.Range(0, 8).Sum(row => (double)y[row * 3 + column] * y[row * 3 + column]), 5);
        trainer.SetGroups();
        trainer.Step(Input, Labels);
        Assert.NotEqual(before, Values(model, "h.kernel", 32));
        var error = Assert.Throws<FoveaException>(() => trainer.SetGroups(new ParameterGroup { Parameters = "z.*" }));
        Assert.Equal(ErrorCode.NotFound, error.Code);
    }

    [Fact]
    public void SchedulesAndAverages()
    {
        using var context = new Context();
        using var model = NewModel(context);
        using var trainer = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 0.1, AccumulateSteps = 2,
            Average = new() { Averaging = Averaging.Exponential, Decay = 0.9 },
            Schedule = new() { Kind = ScheduleKind.Step, Period = 2, Gamma = 0.5, PerStep = true, Warmup = 1, WarmupStart = 0.5 },
        });
        Assert.Equal(ErrorCode.NotFound, Assert.Throws<FoveaException>(() => trainer.AveragedModel()).Code);
        foreach (var expected in new[] { 0.05, 0.1, 0.1, 0.05 })
        {
            Assert.Equal(expected, trainer.LearningRate, 9);
            trainer.Step(Input, Labels);
            trainer.Step(Input, Labels);
        }
        using var averaged = trainer.AveragedModel();
        Assert.NotEqual(Values(model, "h.kernel", 32), Values(averaged, "h.kernel", 32));
        trainer.SetSchedule(null);
        Assert.Equal(0.1, trainer.LearningRate, 9);
        Assert.Equal(0.05, new Schedule { Kind = ScheduleKind.Cosine, Total = 10 }.RateAt(0.1, 5), 9);
        Assert.Throws<FoveaException>(() => new Schedule { Kind = ScheduleKind.Cosine }.RateAt(0.1, 5));
        Assert.Null(new Schedule { Kind = ScheduleKind.Cyclic, Period = 4 }.MomentumAt(2));
        var cycle = new Schedule
        {
            Kind = ScheduleKind.Cyclic, Period = 4, LowestMomentum = 0.85, HighestMomentum = 0.95,
        };
        Assert.Equal(0.9, cycle.MomentumAt(2)!.Value, 9);
    }

    [Fact]
    public void FitAsksForTheRate()
    {
        using var context = new Context();
        using var data = Dataset.Digits(context, new() { Count = 40 });
        using var g = new Graph(context);
        using var model = new Model(g, g.LeNet5());
        using var trainer = new Trainer(model, new() { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd });
        List<(long, long)> seen = [];
        trainer.Fit(data, null, new()
        {
            Epochs = 2, BatchSize = 20,
            Rate = (epoch, step, _) =>
            {
                seen.Add((epoch, step));
                return epoch == 0 ? 0.1 : 0.02;
            },
        });
        Assert.Equal([(0, 0), (0, 1), (1, 2), (1, 3)], seen);
        Assert.Equal([0.1, 0.02], trainer.History().Select(row => row.LearningRate));
        Assert.Throws<InvalidOperationException>(() => trainer.Fit(data, null,
            new() { Epochs = 3, BatchSize = 20, Rate = (_, _, _) => throw new InvalidOperationException("no") }));
    }

    [Fact]
    public void FitStopsWhenNothingGetsBetter()
    {
        using var context = new Context();
        using var data = Dataset.Digits(context, new() { Count = 40 });
        using var g = new Graph(context);
        using var model = new Model(g, g.LeNet5());
        using var trainer = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 0,
        });
        var reason = trainer.Fit(data, data, new() { Epochs = 9, Stop = new() { Patience = 2, RestoreBest = true } });
        Assert.Equal(StopReason.NoImprovement, reason);
        Assert.Equal(3, trainer.History().Length);
        reason = trainer.Fit(data, null, new() { Epochs = 9, Stop = new() { Time = TimeSpan.FromTicks(1) } });
        Assert.Equal(StopReason.Time, reason);
        Small.Fails(ErrorCode.InvalidArgument,
            () => trainer.Fit(data, null, new() { Epochs = 10, Stop = new() { Patience = 1 } }));
    }

    [Fact]
    public void TheRateGrowsWithTheBatch()
    {
        using var context = new Context();
        using var data = Small.DigitsData(context);
        using var model = Small.Digits(context);
        using var trainer = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 0.125, RateBatch = 4,
        });
        trainer.Feed(data, new() { BatchSize = 16 });
        Assert.Equal(0.5, trainer.Next().LearningRate);
    }
}
