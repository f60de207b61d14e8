namespace Fovea.Tests;

public sealed class SessionTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Fact]
    public void ComputesTheNetwork()
    {
        using var model = Small.Linear(_context);
        model.SetTensor<float>("y.kernel", [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
        model.SetTensor<float>("y.bias", [0.5f, 0, 0]);
        using var session = new Session(model, new() { MaxBatch = 4 });
        var output = new float[10];
        // More room than needed is fine.
        Assert.Equal(3, session.Run([1f, 2, 3, 4, 0, 0, 0, 1, 1, 1, 1, 0], output));
        Assert.Equal([5.5f, 6, 7, 1.5f, 1, 1, 1.5f, 1, 1, 0], output);
        // More than the largest batch goes in pieces.
        var many = new float[11 * 3];
        Assert.Equal(11, session.Run(Enumerable.Repeat(1f, 44).ToArray(), many));
        Assert.Equal(2.5f, many[30]);
    }

    [Fact]
    public void TakesAndGivesOtherTypes()
    {
        using var model = Small.Linear(_context);
        using var session = new Session(model);
        var output = new float[3];
        session.Run([1f, 2, 3, 4], output);
        var fromBytes = new float[3];
        session.Run<byte, float>([1, 2, 3, 4], fromBytes);
        Assert.Equal(output, fromBytes);
        var doubles = new double[3];
        session.Run<double, double>([1, 2, 3, 4], doubles);
        Assert.Equal(output, doubles.Select(v => (float)v));
    }

    [Fact]
    public void DoublePrecisionModelsWork()
    {
        using var model = Small.Linear(_context, DType.F64);
        using var session = new Session(model);
        var output = new double[3];
        session.Run<double, double>([1, 1e-12, 0, 0], output);
        var kernel = model.GetTensor<double>("y.kernel").Memory.ToArray();
        Assert.Equal(kernel[0] + 1e-12 * kernel[3], output[0], 15);
    }

    [Fact]
    public void SeveralInputsAndOutputsWork()
    {
        using var graph = new Graph(_context);
        var a = graph.Input(new() { Name = "a", Shape = [2] });
        var b = graph.Input(new() { Name = "b", Shape = [2] });
        var sum = graph.Add(a, b, new() { Name = "sum" });
        var both = graph.Concat([a, b], new() { Name = "both" });
        using var model = new Model(graph, [sum, both]);
        using var session = new Session(model, new() { MaxBatch = 2 });
        Tensor[] inputs = [Tensor.Of(new[] { 1f, 2, 3, 4 }, [2, 2]), Tensor.Of(new byte[] { 10, 20, 30, 40 }, [2, 2])];
        var sums = TensorBuffer.Over(new float[100]);
        var boths = TensorBuffer.Over(new double[8]);
        session.Run(inputs, [sums, boths]);
        Assert.Equal([2, 2], sums.Shape);
        Assert.Equal([11f, 22, 33, 44], sums.Span.ToArray());
        Assert.Equal([2, 4], boths.Shape);
        Assert.Equal([1.0, 2, 10, 20, 3, 4, 30, 40], boths.Span.ToArray());

        using var named = new Session(model, new() { Outputs = ["both"] });
        named.Run(inputs, [boths]);
        Assert.Equal([2, 4], boths.Shape);
        Small.Fails(ErrorCode.InvalidArgument, () => session.Run([inputs[0]], [sums, boths]));
        Small.Fails(ErrorCode.InvalidArgument, () => session.Run(inputs, [sums]));
        Small.Fails(ErrorCode.InvalidArgument,
            () => session.Run([inputs[0], Tensor.Of(new float[2], [1, 2])], [sums, boths]));
        Assert.Throws<ArgumentNullException>(() => session.Run([inputs[0], null!], [sums, boths]));
    }

    [Fact]
    public void ErrorsAreTold()
    {
        using var model = Small.Linear(_context);
        using var session = new Session(model);
        Assert.Throws<ArgumentException>(() => session.Run(new float[5], new float[3]));
        Assert.Throws<ArgumentException>(() => session.Run([], new float[3]));
        Small.Fails(ErrorCode.InvalidArgument, () => session.Run(new float[4], new float[2]));
        Small.Fails(ErrorCode.InvalidArgument, () => session.Run(new float[4], []));
        Small.Fails(ErrorCode.InvalidArgument, () => session.Run<float, int>(new float[4], new int[3]));
        Assert.Throws<NotSupportedException>(() => session.Run<char, float>(new char[4], new float[3]));
        Assert.Contains("nobody", Small.Fails(ErrorCode.NotFound,
            () => new Session(model, new() { Outputs = ["nobody"] })).Message, StringComparison.Ordinal);
        Small.Fails(ErrorCode.InvalidArgument, () => new Session(model, new() { MaxBatch = -1 }));
    }

    [Fact]
    public void NothingIsCopied()
    {
        using var model = Small.Digits(_context);
        using var session = new Session(model, new() { MaxBatch = 16 });
        var images = new byte[16 * 256];
        var output = new float[160];
        session.Run<byte, float>(images, output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; ++i) session.Run<byte, float>(images, output);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        // Whole tensors need small objects, but no room for pixels.
        Tensor[] inputs = [Tensor.Of(images, [16, 16, 16, 1])];
        TensorBuffer[] outputs = [TensorBuffer.Over(output)];
        session.Run(inputs, outputs);
        before = GC.GetAllocatedBytesForCurrentThread();
        session.Run(inputs, outputs);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, images.Length / 4);
    }

    [Fact]
    public unsafe void MemoryOutsideOfTheHeapWorks()
    {
        using var model = Small.Linear(_context);
        using var session = new Session(model);
        var input = stackalloc float[4] { 1, 2, 3, 4 };
        var onHeap = new float[3];
        var onStack = stackalloc float[3];
        session.Run(new ReadOnlySpan<float>(input, 4), new Span<float>(onStack, 3));
        session.Run([1f, 2, 3, 4], onHeap);
        Assert.Equal(onHeap, new Span<float>(onStack, 3).ToArray());
    }

    [Fact]
    public void MemoryIsForetold()
    {
        using var model = Small.Digits(_context);
        var one = Session.MemoryFor(model);
        Assert.True(one > 0);
        Assert.True(Session.MemoryFor(model, new() { MaxBatch = 64 }) > one);
    }

    [Fact]
    public void EvaluatesADataset()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context, 50);
        using var session = new Session(model, new() { MaxBatch = 16 });
        var result = session.Evaluate(data, new() { Loss = Loss.SoftmaxCrossEntropy, Confusion = true });
        Assert.Equal(50, result.Samples);
        Assert.InRange(result.Loss, 1, 10);
        Assert.InRange(result.Accuracy, 0, 1);
        Assert.Equal(10, result.Confusion!.Classes);
        Assert.Equal(50, result.Confusion.Counts.ToArray().Sum());
        var right = Enumerable.Range(0, 10).Sum(k => result.Confusion[k, k]);
        Assert.Equal(result.Accuracy, right / 50.0, 12);

        var plain = session.Evaluate(data);
        Assert.True(double.IsNaN(plain.Loss));
        Assert.Null(plain.Confusion);
        Assert.Equal(result.Accuracy, plain.Accuracy);
    }

    [Fact]
    public void EvaluationMayBeCancelled()
    {
        using var model = Small.Digits(_context);
        using var data = Small.DigitsData(_context);
        using var session = new Session(model);
        using var cancel = new CancelToken();
        cancel.Cancel();
        Small.Fails(ErrorCode.Cancelled, () => session.Evaluate(data, new() { Cancel = cancel }));
        cancel.Reset();
        Assert.Equal(64, session.Evaluate(data, new() { Cancel = cancel }).Samples);
        Assert.Throws<OperationCanceledException>(() => session.Evaluate(data, cancellationToken: new(canceled: true)));
    }

    [Fact]
    public void ConfusionNeedsLabels()
    {
        using var model = Small.Linear(_context);
        using var session = new Session(model);
        using var data = Dataset.FromMemory(_context, new()
        {
            Samples = Tensor.Of(new float[8], [2, 4]), Targets = Tensor.Of(new float[6], [2, 3]),
        });
        Assert.True(double.IsNaN(session.Evaluate(data, new() { Loss = Loss.MeanSquaredError }).Accuracy));
        Small.Fails(ErrorCode.InvalidArgument, () => session.Evaluate(data, new() { Confusion = true }));
    }

    [Fact]
    public void ScoresFollowFromAConfusionMatrix()
    {
        var matrix = new ConfusionMatrix(3, [3, 1, 0, 0, 2, 2, 0, 0, 0]);
        Assert.Equal(1, matrix[0, 1]);
        var scores = matrix.Scores();
        Assert.Equal(1, scores[0].Precision);
        Assert.Equal(0.75, scores[0].Recall);
        Assert.Equal(2 * 0.75 / 1.75, scores[0].F1, 12);
        Assert.Equal(new ClassScore(0, 0, 0), scores[2]);
        Assert.Throws<ArgumentException>(() => new ConfusionMatrix(3, [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix[0, 3]);
    }

    [Fact]
    public void ManyThreadsShareAModel()
    {
        using var model = Small.Digits(_context);
        var images = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var expected = new float[10];
        using (var session = new Session(model)) session.Run<byte, float>(images, expected);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using var session = new Session(model);
            var output = new float[10];
            for (var i = 0; i < 50; ++i)
            {
                session.Run<byte, float>(images, output);
                Assert.Equal(expected, output);
            }
        });
    }

    [Fact]
    public void ASecondThreadOnOneSessionIsRefusedOrServed()
    {
        using var model = Small.Digits(_context);
        using var session = new Session(model, new() { MaxBatch = 64 });
        var served = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            var output = new float[640];
            for (var i = 0; i < 20; ++i)
            {
                try
                {
                    session.Run<byte, float>(new byte[64 * 256], output);
                    Interlocked.Increment(ref served);
                }
                catch (FoveaException e) when (e.Code == ErrorCode.Busy)
                {
                    Thread.Yield();
                }
            }
        });
        Assert.True(served > 0);
    }
}
