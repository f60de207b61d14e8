using System.Numerics;
using System.Runtime.CompilerServices;

namespace Fovea.Tests;

/// <summary>Layers and losses of the host's own: gradients, files, exceptions, and how long they live.</summary>
public sealed class CustomTests : InFolder
{
    /// <summary>y = scale[c] * x^2; the scale begins at what the attributes say.</summary>
    private sealed class Scaled : ICustomLayer
    {
        public bool BackwardWithoutInputs => true;

        public bool BackwardWithoutOutput => true;

        public Exception? Mood { get; set; }

        public void Shape(CustomShape shape)
        {
            if (shape.Attributes.Length != 1)
                throw new FoveaException(ErrorCode.InvalidArgument, $"{shape.Attributes.Length} bytes of attributes, expected 1");
            var input = shape.Input(0);
            Assert.Equal(input, shape.Output);
            shape.SetSaved(0, input.Elements);
            shape.SetScratch(input[input.Rank - 1], 0);
            shape.SetMultiplyAdds(2 * input.Elements);
            shape.AddParameter(new()
            {
                Name = "scale",
                Role = ParameterRole.Scale,
                Shape = [input[input.Rank - 1]],
                Initializer = new() { Kind = InitializerKind.Constant, Value = shape.Attributes[0] },
            });
        }

        public void Forward<T>(ForwardPass<T> pass) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (Mood is not null) throw Mood;
            Span<T> y = pass.Output;
            ReadOnlySpan<T> x = pass.Input(0), scale = pass.Parameter(0);
            for (var i = 0; i < y.Length; ++i) y[i] = scale[i % scale.Length] * x[i] * x[i];
            if (pass.Training) x.CopyTo(pass.Saved);
        }

        public void Backward<T>(BackwardPass<T> pass) where T : unmanaged, IFloatingPointIeee754<T>
        {
            Assert.True(pass.Input(0).IsEmpty && pass.Output.IsEmpty);
            Span<T> x = pass.Saved, dy = pass.OutputGradient, dx = pass.InputGradient(0), sums = pass.Scratch;
            var scale = pass.Parameter(0);
            for (var i = 0; i < dy.Length; ++i)
            {
                var c = i % scale.Length;
                sums[c] += dy[i] * x[i] * x[i];
                if (!dx.IsEmpty) dx[i] = T.CreateChecked(2) * scale[c] * x[i] * dy[i];
            }
            sums.CopyTo(pass.ParameterGradient(0));
        }
    }

    /// <summary>One input, an output of its shape, no parameters.</summary>
    private sealed class Plain : ICustomLayer
    {
        public void Forward<T>(ForwardPass<T> pass) where T : unmanaged, IFloatingPointIeee754<T> => pass.Input(0).CopyTo(pass.Output);

        public void Backward<T>(BackwardPass<T> pass) where T : unmanaged, IFloatingPointIeee754<T>
        {
        }
    }

    /// <summary>The mean squared error, in plain arithmetic.</summary>
    private sealed class Squares : ICustomLoss
    {
        public void Evaluate<T>(LossRows<T> rows) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (rows.Targets.IsEmpty) rows.Write(Loss.MeanSquaredError); // which refuses labels
            for (var i = 0; i < rows.Output.Length; ++i)
            {
                var e = rows.Output[i] - rows.Targets[i];
                rows.Losses[i / rows.Columns] += double.CreateChecked(e * e) / rows.Columns;
                if (!rows.Gradient.IsEmpty) rows.Gradient[i] = T.CreateChecked(2.0 / rows.Columns) * e;
            }
        }
    }

    /// <summary>Softmax cross-entropy as the library has it.</summary>
    private sealed class Own : ICustomLoss
    {
        public bool OverClasses => true;

        public void Evaluate<T>(LossRows<T> rows) where T : unmanaged, IFloatingPointIeee754<T>
        {
            Assert.Equal((3, 2, 3, 3), (rows.Count, rows.Columns, rows.Labels.Length, rows.Weights.Length));
            rows.Write(Loss.SoftmaxCrossEntropy);
        }
    }

    private static readonly double[] X = [0.5, -0.25, 1, -0.75, 0.125, 0.3, 0.9, -0.6, 0.2];
    private static readonly double[] T = [0.5, 0.25, -0.125, 1, 0, -1];

    private readonly Context _context = new(new() { Threads = 1 });
    private readonly Scaled _layer = new();

    public CustomTests() => Register(_context);

    protected override void Dispose(bool disposing)
    {
        _context.Dispose();
        base.Dispose(disposing);
    }

    private void Register(Context context)
    {
        context.RegisterLayer("test.scaled", _layer);
        context.RegisterLoss("test.squares", new Squares());
        context.RegisterLoss("test.own", new Own());
    }

    private Model Network(DType dtype)
    {
        using var graph = new Graph(_context);
        var x = graph.Input(new() { Name = "x", Shape = [3] });
        x = graph.Dense(x, new() { Name = "first", Units = 4 });
        x = graph.Custom(x, new() { Name = "s", Type = "test.scaled", Attributes = new byte[] { 3 } });
        return new Model(graph, graph.Dense(x, new() { Name = "last", Units = 2 }), new() { DType = dtype, Seed = 3 });
    }

    private static Trainer With(Model model, LossOptions loss) =>
        new(model, new() { Losses = [loss], Optimizer = Optimizer.Adam });

    private static LossOptions Custom(string name) => new() { Loss = Loss.Custom, Custom = name };

    [Fact]
    public void GradientsMatchCentralDifferences()
    {
        using var model = Network(DType.F64);
        using var trainer = With(model, Custom("test.squares"));
        Tensor[] x = [Tensor.Of(X, [3, 3])];
        var t = Tensor.Of(T, [3, 2]);
        Assert.Equal([3, 3, 3, 3], model.GetTensor<double>("s.scale").Memory.ToArray());
        foreach (var name in new[] { "s.scale", "first.kernel", "last.bias" })
        {
            var w = model.GetTensor<double>(name).Memory.ToArray();
            trainer.Backward(x, t);
            var gradient = trainer.GetGradient<double>(name).Memory.ToArray();
            double difference = 0, size = 0;
            for (var i = 0; i < w.Length; ++i)
            {
                const double H = 6e-6;
                var kept = w[i];
                double At(double value)
                {
                    w[i] = value;
                    model.SetTensor<double>(name, w);
                    return trainer.Backward(x, t);
                }
                var slope = (At(kept + H) - At(kept - H)) / (2 * H);
                At(kept);
                difference += Math.Pow(slope - gradient[i], 2);
                size += Math.Pow(gradient[i], 2);
            }
            Assert.True(size > 0 && Math.Sqrt(difference / size) < 1e-7, $"{name}: {difference} of {size}");
        }
    }

    [Fact]
    public void TheLibrarysLossThroughACallbackGivesTheSameBits()
    {
        float[] Trained(LossOptions loss)
        {
            using var model = Network(DType.F32);
            using var trainer = With(model, loss with { Reduction = Reduction.Sum });
            for (var i = 0; i < 5; ++i) trainer.Step([Tensor.Of(X, [3, 3])], Tensor.Of(new[] { 0, 1, 1 }, [3]));
            return Small.Weights(model, "first.kernel");
        }
        Assert.Equal(Trained(new() { Loss = Loss.SoftmaxCrossEntropy }), Trained(Custom("test.own")));
    }

    [Fact]
    public void FilesNeedTheTypes()
    {
        var path = Place("m.fovea");
        using var model = Network(DType.F32);
        using var trainer = With(model, Custom("test.squares"));
        trainer.Save(path);
        using var other = new Context();
        var e = Small.Fails(ErrorCode.NotFound, () => Model.Load(other, path));
        Assert.Contains("'test.scaled' of 's' is not registered", e.Message, StringComparison.Ordinal);
        other.RegisterLayer("test.scaled", _layer);
        Model.Load(other, path).Dispose();
        e = Small.Fails(ErrorCode.NotFound, () => Trainer.Load(other, path));
        Assert.Contains("'test.squares'", e.Message, StringComparison.Ordinal);
        other.RegisterLoss("test.squares", new Squares());
        using var loaded = Trainer.Load(other, path);
        Assert.Equal((Loss.Custom, "test.squares"), (loaded.LossAt(0).Loss, loaded.LossAt(0).Custom));
    }

    [Fact]
    public void WhatACallbackThrowsComesOutOfTheCall()
    {
        using var model = Network(DType.F32);
        using var trainer = With(model, Custom("test.squares"));
        void Step() => trainer.Step([Tensor.Of(X, [3, 3])], Tensor.Of(T, [3, 2]));
        _layer.Mood = new FoveaException(ErrorCode.Unsupported, "not on a Sunday " + new string('é', 400));
        var e = Small.Fails(ErrorCode.Unsupported, Step);
        Assert.StartsWith("test.scaled 's': forward failed with FV_UNSUPPORTED: not on a Sunday éé", e.Message, StringComparison.Ordinal);
        _layer.Mood = new InvalidDataException("from the layer");
        Assert.Same(_layer.Mood, Assert.Throws<InvalidDataException>(Step));
        _layer.Mood = null;
        Step();
        e = Small.Fails(ErrorCode.InvalidArgument,
            () => { trainer.Step([Tensor.Of(X, [3, 3])], Tensor.Of(new[] { 0, 1, 1 }, [3])); });
        Assert.Contains("loss 'test.squares'", e.Message, StringComparison.Ordinal);
        Assert.Contains("mean_squared_error takes targets", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NodesThatMakeNoSense()
    {
        _context.RegisterLayer("test.plain", new Plain());
        void Refused(int inputs, CustomOptions options, string words)
        {
            using var graph = new Graph(_context);
            var x = graph.Input(new() { Name = "x", Shape = [3] });
            var e = Assert.Throws<FoveaException>(() => graph.Custom(Enumerable.Repeat(x, inputs).ToArray(), options));
            Assert.Contains(words, e.Message, StringComparison.Ordinal);
        }
        Refused(2, new() { Type = "test.plain" }, "expects 1 input, got 2");
        Refused(1, new() { Type = "test.scaled" }, "0 bytes of attributes, expected 1");
        Refused(1, new() { Type = "test.nothing" }, "'test.nothing' is not registered");
        var taken = Small.Fails(ErrorCode.InvalidArgument, () => _context.RegisterLayer("test.plain", new Plain()));
        Assert.Contains("registered already", taken.Message, StringComparison.Ordinal);
        Small.Fails(ErrorCode.InvalidArgument, () => _context.RegisterLoss("plain", new Squares()));
        Assert.Throws<ArgumentException>(() => _context.RegisterLayer("a\0b", new Plain()));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Context, WeakReference) ContextWithALayer()
    {
        var layer = new Plain();
        var context = new Context(new() { Threads = 1 });
        context.RegisterLayer("test.plain", layer);
        return (context, new WeakReference(layer));
    }

    [Fact]
    public void ATypeLivesAsLongAsItsContext()
    {
        var (context, layer) = ContextWithALayer();
        GC.Collect();
        Assert.True(layer.IsAlive);
        context.Dispose();
        Assert.True(Small.CollectUntil(() => !layer.IsAlive));
    }
}
