namespace Fovea.Tests;

public sealed class TrainerTests : InFolder
{
    private readonly Context _context = new(new() { Threads = 2 });

    protected override void Dispose(bool disposing)
    {
        _context.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void TrainingLearns()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context, 600);
        var (train, test) = data.Split(new() { Count = 100 });
        using var trainer = Small.Sgd(model);
        trainer.Fit(train, test, new() { Epochs = 6, BatchSize = 20 });
        var history = trainer.History();
        Assert.Equal(6, history.Length);
        Assert.Equal(5, history[5].Epoch);
        Assert.True(history[5].Loss < 0.7 * history[0].Loss);
        Assert.True(history[5].ValidationAccuracy > 0.5);
        Assert.Equal(0.05, history[5].LearningRate);
        using var session = new Session(trainer.Model, new() { MaxBatch = 20 });
        Assert.Equal(history[5].ValidationAccuracy, session.Evaluate(test).Accuracy);
        train.Dispose();
        test.Dispose();
    }

    [Fact]
    public void StepsTakeSpans()
    {
        using var model = Small.Linear(_context);
        using var trainer = Small.Sgd(model);
        float[] input = [1, 0, 0, 0, 0, 1, 0, 0];
        var first = trainer.Step(input, [0, 2]);
        for (var i = 0; i < 50; ++i) trainer.Step(input, [0, 2]);
        Assert.True(trainer.Step(input, [0, 2]) < first);
        Assert.Equal(52, trainer.Progress.Step);
        // The same in other types.
        Assert.InRange(trainer.Step<byte, long>([1, 0, 0, 0], [0L]), 0, first);
        Assert.InRange(trainer.Step<double, float>([1, 0, 0, 0], [1f, 0, 0]), 0, first);
        Assert.InRange(trainer.Step([Tensor.Of(input, [2, 4])], Tensor.Of(new[] { 0, 2 }, [2])), 0, first);
    }

    [Fact]
    public void StepsRefuseWhatDoesNotFit()
    {
        using var model = Small.Linear(_context);
        using var trainer = Small.Sgd(model);
        Assert.Throws<ArgumentException>(() => trainer.Step(new float[5], [0]));
        Assert.Throws<ArgumentException>(() => trainer.Step(new float[8], [0]));
        Assert.Throws<ArgumentException>(() => trainer.Step<float, float>(new float[4], new float[2]));
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.Step(new float[4], [3]));
        Small.Fails(ErrorCode.InvalidArgument, trainer.Apply);
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.Next());
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.LearningRate = double.NaN);
        Small.Fails(ErrorCode.Busy, () => Small.Sgd(model));
        using var other = Small.Linear(_context);
        var options = new TrainerOptions { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Sgd };
        Small.Fails(ErrorCode.InvalidArgument, () => new Trainer(other, options with { Loss = 0 }));
        Assert.Contains("momentum", Small.Fails(ErrorCode.InvalidArgument,
            () => new Trainer(other, options with { Momentum = 2 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStepLeavesNoGarbage()
    {
        using var model = Small.Digits(_context);
        using var trainer = Small.Sgd(model);
        var images = new byte[8 * 256];
        var labels = new int[8];
        trainer.Step<byte, int>(images, labels);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; ++i) trainer.Step<byte, int>(images, labels);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void HalvesOfAStepMakeAWhole()
    {
        using var whole = Small.Linear(_context);
        using var halves = Small.Linear(_context);
        using var a = Small.Sgd(whole);
        using var b = Small.Sgd(halves);
        float[] input = [1, 2, 3, 4];
        Assert.False(b.UseGradients<float>(_ => { }));
        var loss = a.Step(input, [1]);
        Assert.Equal(loss, b.Backward<float, int>(input, [1]));
        Assert.NotEqual(Small.Weights(whole, "y.kernel"), Small.Weights(halves, "y.kernel"));
        b.Apply();
        Assert.Equal(Small.Weights(whole, "y.kernel"), Small.Weights(halves, "y.kernel"));
        using var third = Small.Linear(_context);
        using var c = Small.Sgd(third);
        Assert.Equal(loss, c.Backward([Tensor.Of(input, [1, 4])], Tensor.Of(new[] { 1 }, [1])));
    }

    [Fact]
    public void GradientsAreReadAndReplaced()
    {
        using var model = Small.Linear(_context);
        using var trainer = Small.Sgd(model);
        Small.Fails(ErrorCode.InvalidArgument, () => trainer.GetGradient<float>("y.bias"));
        trainer.Backward<float, int>([1f, 2, 3, 4], [1]);
        var bias = trainer.GetGradient<double>("y.bias");
        Assert.Equal([3], bias.Shape);
        Assert.Equal(0, bias.Memory.ToArray().Sum(), 6);
        Small.Fails(ErrorCode.NotFound, () => trainer.GetGradient<float>("nobody"));
        Assert.Throws<ArgumentException>(() => trainer.SetGradient<float>("y.bias", [1]));
        Assert.Throws<ArgumentException>(() => trainer.UseGradients<double>(_ => { }));

        trainer.SetGradient<float>("y.bias", [0, 0, 2]);
        Assert.True(trainer.UseGradients<float>(all =>
        {
            Assert.True(all.Length >= 15);
            Assert.Equal(1, all.ToArray().Count(v => v == 2));
            foreach (ref var v in all) v = v == 2 ? 1 : 0;
        }));
        Assert.Throws<InvalidDataException>(() => trainer.UseGradients<float>(_ => throw new InvalidDataException()));
        var before = Small.Weights(model, "y.bias");
        var kernel = Small.Weights(model, "y.kernel");
        trainer.Apply();
        Assert.Equal([before[0], before[1], before[2] - 0.05f], Small.Weights(model, "y.bias"));
        Assert.Equal(kernel, Small.Weights(model, "y.kernel"));
    }

    [Fact]
    public void FeedGivesBatches()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context, 50);
        using var trainer = Small.Sgd(model);
        trainer.Feed(data, new() { BatchSize = 16 });
        var batches = Enumerable.Range(0, 5).Select(_ => trainer.Next()).ToList();
        Assert.Equal([1L, 2, 3, 4, 1], batches.Select(p => p.Batch));
        Assert.Equal([16L, 32, 48, 50, 16], batches.Select(p => p.Samples));
        Assert.Equal([false, false, false, true, false], batches.Select(p => p.EpochEnded));
        Assert.Equal(4, batches[0].Batches);
        Assert.Equal(1, batches[4].Epoch);
        Assert.True(double.IsNaN(batches[0].SamplesPerSecond));
        Assert.Equal(batches[4].Loss, trainer.Progress.Loss);
        // Inside an epoch, other data are refused.
        using var other = Small.DigitsData(_context, 50, seed: 9);
        Small.Fails(ErrorCode.Mismatch, () => trainer.Feed(other, new() { BatchSize = 16 }));
        Small.Fails(ErrorCode.Mismatch, () => trainer.Feed(data, new() { BatchSize = 10 }));

        using var another = Small.Digits(_context);
        using var dropping = Small.Sgd(another);
        dropping.Feed(data, new() { BatchSize = 16, DropLast = true, NoShuffle = true });
        Assert.Equal(3, dropping.Next().Batches);
    }

    [Fact]
    public void HistoryGrows()
    {
        using var model = Small.Linear(_context);
        using var trainer = Small.Sgd(model);
        Assert.Empty(trainer.History());
        var row = new HistoryRow(0, 1.5, 0.5, double.NaN, double.NaN, 0.05);
        trainer.Record(row);
        Assert.Equal([row], trainer.History());
    }

    [Fact]
    public void MemoryIsForetold()
    {
        using var model = Small.Digits(_context);
        using var trainer = new Trainer(model, new() { Loss = Loss.SoftmaxCrossEntropy, Optimizer = Optimizer.Adam });
        var memory = trainer.MemoryFor(32);
        Assert.True(memory.Parameters >= 4 * model.Info.Parameters);
        Assert.True(memory.Optimizer >= 8 * model.Info.Parameters);
        Assert.True(memory.Arena > 0);
        Assert.True(trainer.MemoryFor(64).Arena > memory.Arena);
        Assert.Equal(Loss.SoftmaxCrossEntropy, trainer.Loss);
        Assert.Equal(0.001, trainer.LearningRate);
    }

    [Fact]
    public void CheckpointsGoOnBitForBit()
    {
        using var data = Small.DigitsData(_context, 100);
        var options = new FitOptions { Epochs = 3, BatchSize = 16 };
        using (var model = Small.Digits(_context))
        using (var trainer = Small.Sgd(model))
        {
            trainer.Fit(data, null, options);
            trainer.Save(Place("whole"));
        }
        using (var model = Small.Digits(_context))
        using (var trainer = Small.Sgd(model))
        {
            var stopping = options with
            {
                OnProgress = p => p.Step == 10 ? FitControl.Stop : FitControl.Continue,
            };
            Small.Fails(ErrorCode.Cancelled, () => trainer.Fit(data, null, stopping));
            trainer.Save(Place("part"));
        }
        using (var trainer = Trainer.Load(_context, Place("part")))
        {
            Assert.Equal(10, trainer.Progress.Step);
            using var other = Small.DigitsData(_context, 100, seed: 5);
            Small.Fails(ErrorCode.Mismatch, () => trainer.Fit(other, null, options));
            trainer.Fit(data, null, options);
            trainer.Save(Place("resumed"));
        }
        Assert.Equal(File.ReadAllBytes(Place("whole")), File.ReadAllBytes(Place("resumed")));
        using var loaded = Model.Load(_context, Place("whole"));
        Assert.Equal("image", loaded.Inputs[0].Name);
        Small.Fails(ErrorCode.NotFound, () => Trainer.Load(_context, Place("none")));
    }

    [Fact]
    public void FitSavesByItself()
    {
        using var data = Small.DigitsData(_context, 64);
        using var model = Small.Digits(_context);
        using var trainer = Small.Sgd(model);
        var seen = 0;
        trainer.Fit(data, null, new()
        {
            Epochs = 1, BatchSize = 16, CheckpointPath = Place("größe"), CheckpointSteps = 2,
            OnProgress = p =>
            {
                if (File.Exists(Place("größe"))) seen++;
                return FitControl.Continue;
            },
        });
        // Written after the callback of step 2: steps 3 and 4 see it.
        Assert.Equal(2, seen);
        using var loaded = Trainer.Load(_context, Place("größe"));
        Assert.Equal(4, loaded.Progress.Step);
        Assert.Equal(trainer.History(), loaded.History());
    }

    [Fact]
    public void TheModelIsTheOneThatItWasMadeFrom()
    {
        using var model = Small.Linear(_context);
        var trainer = Small.Sgd(model);
        Assert.Same(model, trainer.Model);
        Small.Fails(ErrorCode.Busy, () => Small.Sgd(model));
        trainer.Dispose();
        using var another = Small.Sgd(model);
        model.Dispose();
        // The trainer has it still.
        Assert.Equal(15, another.Model.Info.Parameters);
        Assert.True(double.IsFinite(another.Step([1f, 2, 3, 4], [0])));
    }

    [Fact]
    public void TheLentModelOutlivesItsTrainer()
    {
        using (var model = Small.Linear(_context))
        using (var trainer = Small.Sgd(model)) trainer.Save(Place("saved"));
        Model lent;
        using (var trainer = Trainer.Load(_context, Place("saved")))
        {
            lent = trainer.Model;
            Assert.Same(lent, trainer.Model);
            trainer.Step([1f, 2, 3, 4], [0]);
        }
        Assert.Equal(12, Small.Weights(lent, "y.kernel").Length);
        lent.Save(Place("lent"));
        lent.Dispose();
        lent.Dispose();
        Assert.Throws<ObjectDisposedException>(() => lent.Save(Place("lent")));
    }

    [Fact]
    public void LossesWithOptionsAndHostGradients()
    {
        using var context = new Context();
        using var graph = new Graph(context);
        var x = graph.Input(new() { Name = "x", Shape = [4] });
        var h = graph.Dense(x, new() { Name = "h", Units = 5, Activation = Activation.Gelu });
        Node[] outputs = [graph.Dense(h, new() { Name = "logits", Units = 3 }), graph.Dense(h, new() { Name = "aux", Units = 3 })];
        using var model = new Model(graph, outputs);
        Tensor[] inputs = [Tensor.Of(new float[] { 0.5f, -1, 0.25f, 1, -0.5f, 0, 2, 1 }, [2, 4])];
        using (var trainer = new Trainer(model, new()
        {
            Optimizer = Optimizer.Sgd,
            Losses =
            [
                new() { Loss = Loss.SoftmaxCrossEntropy, LabelSmoothing = 0.1, ClassWeights = [1, 2, 1] },
                new() { Loss = Loss.Huber, Output = "aux", Weight = 0.5, Delta = 0.5, Reduction = Reduction.Sum },
            ],
        }))
        {
            var loss = trainer.StepBatch(inputs, [Tensor.Of(new[] { 0, 2 }, [2])], Tensor.Of(new[] { 1f, 0.5f }, [2]));
            var parts = trainer.LossValues();
            Assert.Equal(loss, parts[0] + 0.5 * parts[1], 9);
            Assert.Equal([1, 2, 1], trainer.LossAt(0).ClassWeights);
            var huber = trainer.LossAt(1);
            Assert.Equal((Loss.Huber, "aux", 0.5, 0.5, Reduction.Sum),
                (huber.Loss, huber.Output, huber.Weight, huber.Delta, huber.Reduction));
        }
        using (var trainer = new Trainer(model, new()
        {
            Optimizer = Optimizer.Sgd,
            Losses = [new() { Loss = Loss.BinaryCrossEntropy, PositiveWeights = [2, 1, 0.5] }],
        }))
        {
            Assert.Equal([2, 1, 0.5], trainer.LossAt(0).PositiveWeights);
        }
        using var own = new Trainer(model, new() { Loss = Loss.HostGradient, Optimizer = Optimizer.Sgd });
        float[] logits = new float[6], aux = new float[6];
        own.Forward(inputs, [TensorBuffer.Over(logits), TensorBuffer.Over(aux)]);
        var ones = Tensor.Of(new float[] { 1, 1, 1, 1, 1, 1 }, [2, 3]);
        own.BackwardFrom([ones, ones]);
        own.Apply();
        var before = logits.Sum();
        own.Forward(inputs, [TensorBuffer.Over(logits), TensorBuffer.Over(aux)]);
        Assert.True(logits.Sum() < before);
    }
}
