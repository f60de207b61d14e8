namespace Fovea.Tests;

/// <summary>What a fit calls and writes: callbacks, checkpoints of which some stay, logs, pauses; and what a trainer
/// tells.</summary>
public sealed class FitTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });
    private readonly Dataset _data;
    private readonly Model _model;
    private readonly Trainer _trainer;
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-").FullName;

    public FitTests()
    {
        _data = Small.DigitsData(_context, 20);
        _model = Small.Digits(_context);
        _trainer = Small.Sgd(_model);
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _model.Dispose();
        _data.Dispose();
        _context.Dispose();
        Directory.Delete(_folder, true);
    }

    /// <summary>Writes down what it is told; does something at one event.</summary>
    private sealed class Listener(string at = "", Func<FitControl>? act = null) : TrainingCallbacks
    {
        public List<string> Told { get; } = [];

        private FitControl Hear(string name, Trainer trainer, TrainingProgress p)
        {
            Told.Add($"{name} {p.Epoch}.{p.Batch}");
            trainer.SetNote("last", name);
            Assert.Equal(name, trainer.Note("last"));
            return name == at ? act!() : FitControl.Continue;
        }

        public override FitControl OnTrainBegin(Trainer trainer, TrainingProgress progress) =>
            Hear("TrainBegin", trainer, progress);

        public override void OnTrainEnd(Trainer trainer, TrainingProgress progress) => Hear("TrainEnd", trainer, progress);

        public override FitControl OnEpochBegin(Trainer trainer, TrainingProgress progress) =>
            Hear("EpochBegin", trainer, progress);

        public override FitControl OnEpochEnd(Trainer trainer, TrainingProgress progress)
        {
            Assert.Equal(progress.Epoch + 1, trainer.History().Length);
            return Hear("EpochEnd", trainer, progress);
        }

        public override FitControl OnBatchBegin(Trainer trainer, TrainingProgress progress)
        {
            trainer.LearningRate = 0.25;
            return Hear("BatchBegin", trainer, progress);
        }

        public override FitControl OnBatchEnd(Trainer trainer, TrainingProgress progress)
        {
            Assert.Equal(0.25, progress.LearningRate);
            return Hear("BatchEnd", trainer, progress);
        }
    }

    private sealed class Counter : TrainingCallbacks
    {
        public int Epochs { get; private set; }

        public override FitControl OnEpochEnd(Trainer trainer, TrainingProgress progress)
        {
            ++Epochs;
            return FitControl.Continue;
        }
    }

    private static FitOptions With(params TrainingCallbacks[] callbacks) =>
        new() { Epochs = 2, BatchSize = 10, Callbacks = callbacks };

    [Fact]
    public void CallbacksHearOfEverything()
    {
        var listener = new Listener();
        var counter = new Counter();
        _trainer.Fit(_data, _data, With(listener, counter));
        var expected = new List<string> { "TrainBegin 0.0" };
        for (var epoch = 0; epoch < 2; ++epoch)
        {
            expected.Add($"EpochBegin {epoch}.1");
            for (var batch = 1; batch < 3; ++batch)
                expected.AddRange([$"BatchBegin {epoch}.{batch}", $"BatchEnd {epoch}.{batch}"]);
            expected.Add($"EpochEnd {epoch}.2");
        }

        expected.Add("TrainEnd 1.2");
        Assert.Equal(expected, listener.Told);
        Assert.Equal(2, counter.Epochs);
    }

    [Fact]
    public void CallbacksStopAndThrow()
    {
        var stopping = new Listener("BatchEnd", () => FitControl.Stop);
        Small.Fails(ErrorCode.Cancelled, () => _trainer.Fit(_data, null, With(stopping)));
        Assert.Equal("TrainEnd 0.1", stopping.Told[^1]);
        foreach (var name in (string[])["TrainBegin", "EpochBegin", "BatchBegin", "BatchEnd", "EpochEnd", "TrainEnd"])
        {
            var thrown = new InvalidDataException(name);
            var options = With(new Listener(name, () => throw thrown)) with { Epochs = 9 };
            Assert.Same(thrown, Assert.Throws<InvalidDataException>(() => _trainer.Fit(_data, null, options)));
            // All is whole.
            var before = _trainer.Progress.Step;
            _trainer.Feed(_data, new() { BatchSize = 10 });
            _trainer.Next();
            Assert.Equal(before + 1, _trainer.Progress.Step);
        }
    }

    [Fact]
    public void CallbacksMayNotStep()
    {
        var stepping = new Listener("EpochEnd", () =>
        {
            Assert.Throws<InvalidOperationException>(() => _trainer.Next());
            return FitControl.Continue;
        });
        _trainer.Fit(_data, null, With(stepping));
    }

    private string[] Names() => [.. Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)!).Order()];

    [Fact]
    public void CheckpointsAndLogs()
    {
        var checkpoints = Path.Combine(_folder, "c{epoch}-{step}.fovea");
        Assert.Null(Trainer.FindCheckpoint(checkpoints));
        var options = new FitOptions
        {
            Epochs = 2,
            BatchSize = 10,
            CheckpointPath = checkpoints,
            CheckpointSteps = 1,
            KeepCheckpoints = 2,
            CsvPath = Path.Combine(_folder, "t.csv"),
            JsonLinesPath = Path.Combine(_folder, "t.jsonl"),
            LogSteps = 1,
        };
        _trainer.Fit(_data, null, options);
        Assert.Equal(["c1-3.fovea", "c2-4.fovea", "t.csv", "t.jsonl"], Names());
        var newest = Trainer.FindCheckpoint(checkpoints);
        Assert.Equal(Path.Combine(_folder, "c2-4.fovea"), newest);
        using var loaded = Trainer.Load(_context, newest!);
        loaded.Fit(_data, null, options with { Epochs = 3 });
        Assert.Equal(["c2-5.fovea", "c3-6.fovea", "t.csv", "t.jsonl"], Names());
        Assert.Equal(7, File.ReadAllLines(options.CsvPath).Length);
        Assert.Equal(6, File.ReadAllLines(options.JsonLinesPath).Length);
        loaded.Fit(_data, null, options with { Epochs = 4, CheckpointSteps = 0, CheckpointEpochs = 2 });
        Assert.Equal("c4-8.fovea", Names()[1]);
        Small.Fails(ErrorCode.InvalidArgument,
            () => loaded.Fit(_data, null, options with { Epochs = 5, CheckpointImproved = true }));
    }

    [Fact]
    public async Task APauseEndsWhenAnotherThreadSaysSo()
    {
        using var token = new CancelToken();
        var options = new FitOptions
        {
            BatchSize = 10,
            Cancel = token,
            OnProgress = p =>
            {
                if (p.Step == 1) token.Pause();
                return FitControl.Continue;
            },
        };
        var training = _trainer.FitAsync(_data, null, options);
        while (!token.IsPaused) await Task.Delay(1);
        await Task.Delay(50);
        Assert.False(training.IsCompleted);
        token.Resume();
        await training;
        Assert.Equal(2, _trainer.Progress.Step);
        Assert.True(token.PausedTime >= TimeSpan.FromMilliseconds(49));
        Assert.False(token.Wait());
        token.Pause();
        token.Cancel();
        Assert.True(token.Wait());
    }

    [Fact]
    public void ACancellationTokenEndsAPause()
    {
        using var token = new CancelToken();
        using var source = new CancellationTokenSource();
        token.Pause();
        source.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => _trainer.Fit(_data, null,
            new() { BatchSize = 10, Cancel = token }, cancellationToken: source.Token));
        Assert.Equal(0, _trainer.Progress.Step);
    }

    [Fact]
    public void WeightsAreKept()
    {
        using var model = Small.Digits(_context);
        using var trainer = new Trainer(model, new() { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd });
        Assert.Equal(ErrorCode.NotFound, Assert.Throws<FoveaException>(trainer.RestoreWeights).Code);
        var path = Path.Combine(_folder, "kept.fovea");
        model.Save(path);
        var kept = File.ReadAllBytes(path);
        trainer.KeepWeights();
        trainer.Feed(_data, new FeedOptions { BatchSize = 4 });
        trainer.Next();
        model.Save(path);
        Assert.NotEqual(kept, File.ReadAllBytes(path));
        trainer.RestoreWeights();
        model.Save(path);
        Assert.Equal(kept, File.ReadAllBytes(path));
    }

    [Fact]
    public void APlateauWatchesAName()
    {
        using var model = Small.Digits(_context);
        var plateau = new Schedule { Kind = ScheduleKind.Plateau, Gamma = 0.5, Patience = 0, MonitorName = "val_f1", MonitorLarger = true };
        using var trainer = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd, Schedule = plateau,
        });
        Assert.Equal(("val_f1", true), (trainer.Schedule.MonitorName, trainer.Schedule.MonitorLarger));
    }

    [Fact]
    public void ATrainerTellsWhatItIs()
    {
        using var model = Small.Digits(_context);
        var schedule = new Schedule { Kind = ScheduleKind.MultiStep, Milestones = [3, 5], Gamma = 0.5 };
        var group = new ParameterGroup { Parameters = "conv.*", Frozen = true, Constraint = Constraint.MaxNorm, MaxNorm = 2 };
        var average = new WeightAverage { Averaging = Averaging.Exponential, Decay = 0.5, Start = 1, Period = 1 };
        using var made = new Trainer(model, new()
        {
            Loss = Loss.SoftmaxCrossEntropy,
            Optimizer = Optimizer.Sgd,
            Schedule = schedule,
            Groups = [group],
            Average = average,
            AccumulateSteps = 3,
            Seed = 7,
            L1 = 1e-5,
            ProximalL1 = true,
            RateBatch = 12,
            Mix = new() { Mixup = 0.5, Cutmix = 1 },
        });
        made.SetNote("key", "text");
        made.SetNote("gone", "text");
        made.SetNote("gone", null);
        var feed = new FeedOptions { BatchSize = 4, NoShuffle = true };
        made.Feed(_data, feed);
        for (var i = 0; i < 7; ++i) made.Next();
        var path = Path.Combine(_folder, "c.fovea");
        made.Save(path);
        using var loaded = Trainer.Load(_context, path);
        foreach (var trainer in (Trainer[])[made, loaded])
        {
            Assert.Equal(new TrainerInfo(3, 1, 1, 7, 1e-5, 0, feed, true, 12, new() { Mixup = 0.5, Cutmix = 1 }), trainer.Info);
            Assert.Equal(ScheduleKind.MultiStep, trainer.Schedule.Kind);
            Assert.Equal([3, 5], trainer.Schedule.Milestones);
            Assert.Equal(0.5, trainer.Schedule.Gamma);
            Assert.Equal([group], trainer.Groups());
            Assert.Equal(average, trainer.Average);
            Assert.Equal("text", trainer.Note("key"));
            Assert.Null(trainer.Note("gone"));
        }

        Assert.Null(_trainer.Average);
    }
}
