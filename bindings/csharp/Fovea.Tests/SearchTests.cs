namespace Fovea.Tests;

public sealed class SearchTests : IDisposable
{
    private static readonly SearchParameter[] Four = [SearchParameter.Choice("x", 3, -1, 2, 5)];

    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Fact]
    public void AGridIsEveryCombination()
    {
        using var search = new Search(
            [
                SearchParameter.LogUniform("rate", 1e-3, 1e-1) with { Points = 3 }, SearchParameter.Integer("n", 2, 3),
                SearchParameter.Named("kind", "a", "b"),
            ], new() { Method = SearchMethod.Grid });
        var trials = search.Trials();
        Assert.Equal(12, trials.Length);
        Assert.Equal([1e-3, 2, 1], trials[1].Values);
        Assert.Equal(1e-1, trials[11]["rate"]);
        Assert.Throws<KeyNotFoundException>(() => trials[0]["none"]);
        Assert.Contains("kind", search.Table(), StringComparison.Ordinal);
        Assert.StartsWith("trial,rate,n,kind,", search.Csv(), StringComparison.Ordinal);
    }

    [Fact]
    public void ScoresAndFailuresAreRows()
    {
        using var search = new Search(Four, new() { Method = SearchMethod.Grid });
        search.Run(trial => trial["x"] < 0 ? throw new FoveaException(ErrorCode.Unsupported, "below zero") : trial["x"]);
        var rows = search.Trials();
        Assert.Equal(TrialState.Failed, rows[1].State);
        Assert.Equal(ErrorCode.Unsupported, rows[1].Code);
        Assert.Equal("below zero", rows[1].Message);
        Assert.Equal(2, search.Best().Score);
        Assert.Null(search.Next());
    }

    [Fact]
    public void ASearchIsStoppedAndGoesOn()
    {
        using var search = new Search(Four, new() { Method = SearchMethod.Grid });
        var heard = new List<long>();
        FitControl Hear(Trial trial)
        {
            heard.Add(trial.Index);
            return trial.Index == 0 ? FitControl.Stop : FitControl.Continue;
        }
        Small.Fails(ErrorCode.Cancelled, () => search.Run(trial => trial["x"], Hear));
        Assert.Throws<InvalidTimeZoneException>(() => search.Run(_ => throw new InvalidTimeZoneException()));
        Assert.Throws<InvalidTimeZoneException>(() => search.Run(trial => trial["x"], _ => throw new InvalidTimeZoneException()));
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => search.Run(trial =>
        {
            source.Cancel();
            return trial["x"];
        }, Hear, source.Token));
        search.Run(trial => trial["x"], Hear);
        Assert.Equal([0, 2, 3], heard);
        Assert.Equal(-1, search.Best().Score);
    }

    [Fact]
    public void HalvingByHand()
    {
        using var search = new Search([SearchParameter.Uniform("x", 0, 1)],
            new() { Method = SearchMethod.Halving, Trials = 9, Monitor = Monitored.ValAccuracy });
        for (var i = 0; i < 9; ++i) Assert.Equal(i, search.Next()!.Index);
        Small.Fails(ErrorCode.Busy, () => search.Next());
        for (var i = 0; i < 8; ++i) search.Report(i, i, i + 1);
        search.Report(8, new FoveaException(ErrorCode.OutOfMemory, "no memory"));
        var next = search.Next()!;
        Assert.Equal(5, next.Index);
        Assert.Equal(3, next.Epochs);
        Assert.Equal(5.5, next.Score);
        Assert.Equal(Math.Sqrt(0.5), next.StandardDeviation, 12);
        Assert.Equal(TrialState.Stopped, search.Trials()[4].State);
        Small.Fails(ErrorCode.InvalidArgument, () => search.Report(4, 1.0));
    }

    [Fact]
    public void TrialsAreTrained()
    {
        using var data = Small.DigitsData(_context, 96);
        var (train, validation) = data.Split(new() { Count = 32 });
        using (train)
        using (validation)
        {
            var space = new[] { SearchParameter.Choice("rate", 1e-4, 0.05) };
            var options = new SearchOptions { Method = SearchMethod.Grid, MaxEpochs = 2 };
            using var search = new Search(space, options);
            using var best = search.Fit(train, validation, Build, new() { BatchSize = 16 });
            Assert.NotNull(best);
            Assert.Equal(search.Best().Score, best.History()[^1].ValidationLoss);
            Assert.Equal(2, best.History().Length);
            Assert.Equal(10, best.Model.Outputs[0].Shape[0]);

            using var folded = new Search(space, options);
            Assert.Null(folded.Fit(train, null, Build, new() { Folds = new() { Folds = 3, Stratified = true } }));
            Assert.All(folded.Trials(), trial => Assert.Equal(3, trial.Scores.Count));

            validation.MarkTest();
            using var third = new Search(space, options);
            Small.Fails(ErrorCode.InvalidArgument, () => third.Fit(train, validation, Build));
            using var allowed = third.Fit(train, validation, Build, new() { AllowTest = true });
            Assert.NotNull(allowed);
            using var fourth = new Search(space, options);
            Assert.Throws<InvalidTimeZoneException>(
                () => fourth.Fit(train, validation, (_, _) => throw new InvalidTimeZoneException(), new() { AllowTest = true }));
        }

        Trainer Build(Trial trial, int fold)
        {
            using var model = Small.Digits(_context);
            return new Trainer(model, new()
            {
                Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = trial["rate"],
            });
        }
    }

    [Fact]
    public void ATrainerThatIsGivenAwayIsDisposed()
    {
        using var data = Small.DigitsData(_context, 32);
        using var model = Small.Digits(_context);
        var mine = Small.Sgd(model);
        using var search = new Search([SearchParameter.Choice("x", 1)], new() { Method = SearchMethod.Grid });
        using var best = search.Fit(data, data, (_, _) => mine);
        Assert.True(mine.IsDisposed);
        Assert.NotNull(best);
        // One whose model is seen elsewhere stays with its owner.
        using var second = new Search([SearchParameter.Choice("x", 1)], new() { Method = SearchMethod.Grid });
        var small = Small.Digits(_context);
        using var viewed = Small.Sgd(small);
        small.Dispose();
        using var view = viewed.Model;
        Assert.Throws<InvalidOperationException>(() => second.Fit(data, data, (_, _) => viewed));
        Assert.False(viewed.IsDisposed);
        Assert.Equal(10, view.Outputs[0].Shape[0]);
    }

    [Fact]
    public void FoldsAreCrossValidated()
    {
        using var data = Small.DigitsData(_context, 90);
        using var model = Small.Digits(_context);
        var before = Small.Weights(model, "out.kernel");
        var trainer = new TrainerOptions { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, LearningRate = 0.05 };
        var result = model.CrossValidate(data, trainer, new() { Folds = new() { Folds = 3 }, Epochs = 2 });
        Assert.Equal(3, result.Folds.Count);
        Assert.Equal(result.Folds.Average(row => row.ValidationLoss), result.Mean.ValidationLoss, 12);
        Assert.True(result.StandardDeviation.ValidationLoss > 0);
        Assert.Equal(1, result.Folds[0].Epoch);
        Assert.Equal(before, Small.Weights(model, "out.kernel"));
        var reseeded = model.CrossValidate(data, trainer, new() { Folds = new() { Folds = 3 }, Epochs = 2, Reseed = true, Seed = 9 });
        Assert.NotEqual(result.Mean.ValidationLoss, reseeded.Mean.ValidationLoss);
        data.MarkTest();
        Small.Fails(ErrorCode.InvalidArgument, () => model.CrossValidate(data, trainer));
    }
}
