namespace Fovea.Tests;

public sealed class BatchTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void BatchesDoNotDependOnWorkers(int workers)
    {
        using var data = Small.DigitsData(_context, 50);
        using var alone = new Loader(_context, data, new() { BatchSize = 16, Seed = 5 });
        using var ahead = new Loader(_context, data, new() { BatchSize = 16, Seed = 5, Workers = workers, Prefetch = 1 });
        for (var i = 0; i < 8; ++i)
        {
            LoadedBatch a = alone.Next(), b = ahead.Next();
            Assert.Equal((i / 4, i % 4, 4, i % 4 == 3), ((int)b.Epoch, (int)b.Batch, (int)b.Batches, b.EpochEnded));
            Assert.Equal(a.Indices, b.Indices);
            Assert.Equal(((Tensor<byte>)a.Input).Span, ((Tensor<byte>)b.Input).Span);
            Assert.Equal(((Tensor<int>)a.Target).Span, ((Tensor<int>)b.Target).Span);
        }
        alone.Seek(0, 3);
        Assert.Equal(2, alone.Next().Indices.Count);
        Small.Fails(ErrorCode.InvalidArgument, () => alone.Seek(0, 4));
    }
}
