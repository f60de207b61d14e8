using System.Runtime.CompilerServices;

namespace Fovea.Tests;

/// <summary>Any order of release, by hand and by the collector, and use afterwards.</summary>
public sealed class LifetimeTests : InFolder
{
    public LifetimeTests()
    {
        using var context = new Context(new() { Threads = 1 });
        using var model = Small.Linear(context);
        using var trainer = Small.Sgd(model);
        trainer.Save(Checkpoint);
    }

    private string Checkpoint => Place("checkpoint");

    /// <summary>One object of every sort, each made from others.</summary>
    private FoveaObject[] Family(bool train = false)
    {
        var context = new Context(new() { Threads = 2 });
        var graph = new Graph(context);
        var x = graph.Dense(graph.Input(new() { Shape = [4] }), new() { Units = 3 });
        var model = new Model(graph, x);
        var trainer = Small.Sgd(model);
        var data = Dataset.FromMemory(context, new()
        {
            Samples = Tensor.Of(new float[16], [4, 4]), Labels = Tensor.Of(new int[4], [4]), Classes = 3, Borrow = true,
        });
        trainer.Feed(data, new() { BatchSize = 2 });
        if (train) trainer.Next();
        var loaded = Trainer.Load(context, Checkpoint);
        return
        [
            context, graph, model, trainer, data, new Session(model), new CancelToken(), data.Subset([0, 1]), loaded,
            loaded.Model, new Session(loaded.Model),
        ];
    }

    [Fact]
    public void EveryOrderOfTheMainObjectsIsFine()
    {
        // All 120 orders of context, graph, model, trainer and dataset; the rest is left to the collector.
        foreach (var order in Orders(5))
        {
            var family = Family();
            foreach (var i in order) family[i].Dispose();
        }
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public void RandomOrdersOfAllAreFine()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; ++round)
        {
            var family = Family(train: round % 2 == 0);
            random.Shuffle(family);
            foreach (var member in family) member.Dispose();
            // Twice is as good as once.
            foreach (var member in family) member.Dispose();
            Assert.All(family, member => Assert.True(member.IsDisposed));
        }
    }

    [Fact]
    public void WhatIsForgottenIsCollected()
    {
        for (var round = 0; round < 50; ++round)
        {
            Forget();
            GC.Collect();
        }
        GC.WaitForPendingFinalizers();

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Forget() => Family(train: true);
    }

    [Fact]
    public void ManyThreadsReleaseAtOnce()
    {
        for (var round = 0; round < 50; ++round)
        {
            var family = Family();
            Parallel.For(0, family.Length * 2, i => family[i % family.Length].Dispose());
        }
    }

    [Fact]
    public async Task ReleaseWaitsForTheCallsOfOthers()
    {
        for (var round = 0; round < 20; ++round)
        {
            using var context = new Context(new() { Threads = 1 });
            var model = Small.Digits(context);
            var session = new Session(model);
            using var running = new ManualResetEventSlim();
            var worker = Task.Run(() =>
            {
                try
                {
                    for (; ; running.Set()) session.Run(new float[256], new float[10]);
                }
                catch (ObjectDisposedException)
                {
                    // What it ends with.
                }
            });
            running.Wait();
            session.Dispose();
            model.Dispose();
            await worker;
        }
    }

    [Fact]
    public void UseAfterDisposeThrows()
    {
        var family = Family();
        foreach (var member in family) member.Dispose();
        var context = (Context)family[0];
        var graph = (Graph)family[1];
        var model = (Model)family[2];
        var trainer = (Trainer)family[3];
        var data = (Dataset)family[4];
        var session = (Session)family[5];
        var token = (CancelToken)family[6];
        using var alive = new Context(new() { Threads = 1 });
        Action[] uses =
        [
            () => _ = context.Threads, () => Small.DigitsData(context), () => _ = new Graph(context),
            () => Model.Load(context, "x"), () => Trainer.Load(context, "x"), () => Dataset.OpenIdx(context, "x", "y"),
            () => graph.Relu(Node.None), () => graph.LeNet5(), graph.Check, () => graph.ShapeOf(Node.None),
            () => graph.Conv2D(Node.None, new() { Filters = 1, Kernel = 1 }), () => graph.NameOf(Node.None),
            () => _ = new Model(graph, Node.None),
            () => _ = model.Info, () => _ = model.Inputs, () => _ = model.Outputs, () => _ = model.Tensors,
            () => model.Save("x"), () => model.Clone(), () => model.Summary(), () => model.GetTensor<float>("x"),
            () => model.SetTensor<float>("x", [1]), () => _ = new Session(model), () => Session.MemoryFor(model),
            () => Small.Sgd(model),
            () => _ = trainer.Model, () => _ = trainer.Loss, () => _ = trainer.LearningRate, () => trainer.LearningRate = 1,
            () => _ = trainer.Progress, () => trainer.History(), () => trainer.Record(default), () => trainer.MemoryFor(1),
            () => trainer.Step([1f], [1]), () => trainer.Apply(), () => trainer.Next(), () => trainer.Save("x"),
            () => trainer.GetGradient<float>("x"), () => trainer.SetGradient<float>("x", [1]),
            () => trainer.UseGradients<float>(_ => { }), () => trainer.Feed(data), () => trainer.Fit(data),
            () => _ = data.Info, () => data.Get(0, new float[4].AsSpan()), () => data.Split(), () => data.Subset([0]),
            () => session.Run(new float[4], new float[3]), () => session.Run([], Array.Empty<TensorBuffer>()), () => session.Evaluate(data),
            () => _ = token.IsCancelled, token.Cancel, token.Reset,
        ];
        foreach (var use in uses) Assert.Throws<ObjectDisposedException>(use);
        // An object that is alive, given one that is not.
        using var linear = Small.Linear(alive);
        using var trainerAlive = Small.Sgd(linear);
        Assert.Throws<ObjectDisposedException>(() => trainerAlive.Feed(data));
        Assert.Throws<ObjectDisposedException>(() => trainerAlive.Fit(data));
    }

    [Fact]
    public void NullIsRefused()
    {
        using var context = new Context(new() { Threads = 1 });
        using var model = Small.Linear(context);
        using var session = new Session(model);
        using var trainer = Small.Sgd(model);
        using var graph = new Graph(context);
        Action[] uses =
        [
            () => _ = new Graph(null!), () => _ = new Model(null!, Node.None), () => _ = new Session(null!),
            () => _ = new Trainer(null!, null!), () => _ = new Trainer(model, null!), () => Model.Load(null!, "x"),
            () => Model.Load(context, null!), () => Dataset.Digits(context, null!), () => Dataset.FromMemory(context, null!),
            () => Dataset.OpenIdx(context, null!, "x"), () => session.Evaluate(null!), () => trainer.Feed(null!),
            () => trainer.Fit(null!), () => trainer.Save(null!), () => graph.Input(null!), () => graph.Dense(default, null!),
            () => Picture.Grid("x", null!), () => Picture.Plot(null!, [new() { Y = new double[] { 1 } }]),
            () => trainer.Step(Array.Empty<Tensor>(), null!), () => Session.MemoryFor(null!), () => trainer.UseGradients<float>(null!),
        ];
        foreach (var use in uses) Assert.Throws<ArgumentNullException>(use);
    }

    private static IEnumerable<int[]> Orders(int count)
    {
        if (count == 0) return [[]];
        return Orders(count - 1).SelectMany(order => Enumerable.Range(0, count)
            .Select(place => order.Take(place).Append(count - 1).Concat(order.Skip(place)).ToArray()));
    }
}
