namespace Fovea.Tests;

/// <summary>Predictions from more than one pass or model.</summary>
public sealed class PredictTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    /// <summary>4 inputs with dropout, 3 outputs.</summary>
    private Session Dropping(ulong seed)
    {
        using var graph = new Graph(_context);
        var x = graph.Input(new() { Name = "x", Shape = [4] });
        using var model = new Model(graph, graph.Dense(graph.Dropout(x), new() { Units = 3 }), new() { Seed = seed });
        return new Session(model);
    }

    [Fact]
    public void SamplesDropout()
    {
        using var session = Dropping(1);
        var mean = TensorBuffer.Over(new double[3]);
        var variance = TensorBuffer.Over(new double[3]);
        var input = Tensor.Of(new float[] { 1, -2, 3, 4 }, [1, 4]);
        session.Sample([input], [mean], [variance], new() { Passes = 20, Seed = 3 });
        Assert.All(variance.Span.ToArray(), value => Assert.True(value > 0));
        session.Sample([input], [mean], options: new() { Softmax = true, Temperature = 2 });
        Assert.Equal(1, mean.Span.ToArray().Sum(), 1e-12);
        Assert.Throws<ArgumentException>(() => session.Sample([input], [mean], [variance, variance]));
    }

    [Fact]
    public void CombinesSessions()
    {
        using var first = Dropping(1);
        using var second = Dropping(2);
        var input = Tensor.Of(new float[] { 1, -2, 3, 4, 0.5f, 0, -1, 2 }, [2, 4]);
        var mean = TensorBuffer.Over(new double[6]);
        Session.RunEnsemble([first, second], [input], [mean]);
        Assert.Equal(1, mean.Span[..3].ToArray().Sum(), 1e-12);

        using var data = Dataset.FromMemory(_context,
            new() { Samples = input, Labels = Tensor.Of(new[] { 0, 2 }, [2]), Classes = 3 });
        var result = Session.EvaluateEnsemble([first, second], data, new() { Weights = [1, 1], Temperatures = [1, 1] });
        Assert.Equal(2, result.Samples);
        Assert.Equal(-(Math.Log(mean.Span[0]) + Math.Log(mean.Span[5])) / 2, result.Loss, 1e-6);
        Assert.Throws<ArgumentException>(() => Session.EvaluateEnsemble([first], data, new() { Weights = [1, 2] }));
        Assert.InRange(first.FitTemperature(data), 0.001, 1000);
        Assert.Throws<OperationCanceledException>(
            () => first.FitTemperature(data, new CancellationToken(canceled: true)));
    }
}
