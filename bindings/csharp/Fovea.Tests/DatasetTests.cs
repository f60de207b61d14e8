using System.Buffers;
using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Fovea.Tests;

public sealed class DatasetTests : InFolder
{
    private readonly Context _context = new(new() { Threads = 1 });

    protected override void Dispose(bool disposing)
    {
        _context.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void DigitsAreDrawn()
    {
        using var data = Small.DigitsData(_context, 20);
        var info = data.Info;
        Assert.Equal(DType.U8, info.DType);
        Assert.Equal(20, info.Count);
        Assert.Equal([16, 16, 1], info.Shape);
        Assert.Equal(10, info.Classes);
        Assert.Equal(0, info.TargetShape.Rank);
        var image = new byte[256];
        Assert.InRange(data.Get(3, image.AsSpan()), 0, 9);
        Assert.Contains(image, v => v > 128);

        using var same = Small.DigitsData(_context, 20);
        using var other = Small.DigitsData(_context, 20, seed: 2);
        Assert.Equal(info.Fingerprint, same.Info.Fingerprint);
        Assert.NotEqual(info.Fingerprint, other.Info.Fingerprint);
        // No noise is another thing than the default noise.
        using var clean = Dataset.Digits(_context, new() { Size = 16, Count = 20, Seed = 1, Noise = 0 });
        Assert.NotEqual(info.Fingerprint, clean.Info.Fingerprint);
    }

    [Fact]
    public void WrongReadsAreRefused()
    {
        using var data = Small.DigitsData(_context, 20);
        Small.Fails(ErrorCode.InvalidArgument, () => data.Get(20, new byte[256].AsSpan()));
        Small.Fails(ErrorCode.InvalidArgument, () => data.Get(0, new byte[255].AsSpan()));
        Small.Fails(ErrorCode.InvalidArgument, () => data.Get(0, new float[256].AsSpan()));
        Small.Fails(ErrorCode.InvalidArgument, () => Dataset.Digits(_context, new() { Count = 0 }));
        Small.Fails(ErrorCode.InvalidArgument, () => Dataset.Digits(_context, new() { Count = 5, Size = 3 }));
    }

    [Fact]
    public void DatasetsAreCutAndPicked()
    {
        using var data = Small.DigitsData(_context, 20);
        var (first, second) = data.Split(new() { Count = 5 });
        using (first)
        using (second)
        {
            Assert.Equal(15, first.Info.Count);
            Assert.Equal(5, second.Info.Count);
            byte[] a = new byte[256], b = new byte[256];
            Assert.Equal(data.Get(15, a.AsSpan()), second.Get(0, b.AsSpan()));
            Assert.Equal(a, b);
        }
        var drawn = data.Split(new() { Fraction = 0.25, Shuffle = true, Seed = 4 });
        Assert.Equal(5, drawn.Second.Info.Count);
        drawn.First.Dispose();
        drawn.Second.Dispose();

        using var picked = data.Subset([7, 7, 0]);
        Assert.Equal(3, picked.Info.Count);
        Assert.Equal(data.Get(7, new byte[256].AsSpan()), picked.Get(1, new byte[256].AsSpan()));
        Small.Fails(ErrorCode.InvalidArgument, () => data.Subset([20]));
        Small.Fails(ErrorCode.InvalidArgument, () => data.Subset([]));
        Small.Fails(ErrorCode.InvalidArgument, () => data.Split(new() { Fraction = 0.5, Count = 3 }));
    }

    [Fact]
    public void MemoryIsCopied()
    {
        var samples = new byte[] { 1, 2, 3, 4, 5, 6 };
        using var data = Dataset.FromMemory(_context, new()
        {
            Samples = Tensor.Of(samples, [3, 2]), Labels = Tensor.Of(new[] { 0, 2, 1 }, [3]),
        });
        samples[0] = 99;
        var read = new byte[2];
        Assert.Equal(0, data.Get(0, read.AsSpan()));
        Assert.Equal([1, 2], read);
        Assert.Equal(3, data.Info.Classes);
    }

    [Fact]
    public void TargetsTakeThePlaceOfLabels()
    {
        using var data = Dataset.FromMemory(_context, new()
        {
            Samples = Tensor.Of(new float[6], [3, 2]), Targets = Tensor.Of(new double[12], [3, 4]),
        });
        Assert.Equal(0, data.Info.Classes);
        Assert.Equal([4], data.Info.TargetShape);
        Assert.Equal(-1, data.Get(0, new float[2].AsSpan()));
    }

    [Fact]
    public void BorrowedMemoryIsUsedInPlaceAndPinnedUntilTheLastUse()
    {
        using var memory = new CountingMemory(new byte[8]);
        memory.Bytes[2] = 42;
        var data = Dataset.FromMemory(_context, new()
        {
            Samples = Tensor.Of<byte>(memory.Memory, [4, 2]), Labels = Tensor.Of(new long[4], [4]), Borrow = true,
        });
        Assert.Equal(1, memory.Pinned);
        var part = data.Subset([1]);
        data.Dispose();
        // The part shares the memory: nothing was copied, as a change shows.
        Assert.Equal(1, memory.Pinned);
        var read = new byte[2];
        part.Get(0, read.AsSpan());
        Assert.Equal([42, 0], read);
        memory.Bytes[2] = 43;
        part.Get(0, read.AsSpan());
        Assert.Equal([43, 0], read);
        part.Dispose();
        Assert.Equal(0, memory.Pinned);
        part.Dispose();
        Assert.Equal(0, memory.Pinned);
    }

    [Fact]
    public void BorrowedMemoryIsReleasedByTheCollectorToo()
    {
        using var memory = new CountingMemory(new byte[8]);
        Forget(_context, memory);
        Assert.True(Small.CollectUntil(() => memory.Pinned == 0));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget(Context context, CountingMemory memory)
        {
            _ = Dataset.FromMemory(context, new()
            {
                Samples = Tensor.Of<byte>(memory.Memory, [4, 2]), Labels = Tensor.Of(new long[4], [4]), Borrow = true,
            });
            Assert.Equal(1, memory.Pinned);
        }
    }

    [Fact]
    public void NothingStaysPinnedWhereTheCallFails()
    {
        using var memory = new CountingMemory(new byte[8]);
        var options = new MemoryDatasetOptions
        {
            Samples = Tensor.Of<byte>(memory.Memory, [4, 2]), Labels = Tensor.Of(new long[3], [3]), Borrow = true,
        };
        Small.Fails(ErrorCode.InvalidArgument, () => Dataset.FromMemory(_context, options));
        Assert.Equal(0, memory.Pinned);
        Small.Fails(ErrorCode.InvalidArgument, () => Dataset.FromMemory(_context, options with { Labels = null }));
        Assert.Equal(0, memory.Pinned);
        var gone = new Context(new() { Threads = 1 });
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Dataset.FromMemory(gone, options));
        Assert.Equal(0, memory.Pinned);
    }

    [Fact]
    public void IdxFilesAreRead()
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 3];
        File.WriteAllBytes(Place("images"), images);
        using (var packed = new GZipStream(File.Create(Place("labels.gz")), CompressionLevel.Fastest)) packed.Write(labels);
        using var data = Dataset.OpenIdx(_context, Place("images"), Place("labels.gz"));
        Assert.Equal(2, data.Info.Count);
        Assert.Equal([1, 2, 1], data.Info.Shape);
        Assert.Equal(8, data.Info.Classes);
        var read = new byte[2];
        Assert.Equal(3, data.Get(1, read.AsSpan()));
        Assert.Equal([30, 40], read);

        using var more = Dataset.OpenIdx(_context, Place("images"), Place("labels.gz"), new() { Classes = 12 });
        Assert.Equal(12, more.Info.Classes);
        Small.Fails(ErrorCode.NotFound, () => Dataset.OpenIdx(_context, Place("none"), Place("labels.gz")));
        File.WriteAllBytes(Place("short"), images[..18]);
        Small.Fails(ErrorCode.Format, () => Dataset.OpenIdx(_context, Place("short"), Place("labels.gz")));
    }

    [Fact]
    public void ManyThreadsRead()
    {
        using var data = Small.DigitsData(_context, 100);
        Parallel.For(0, 8, _ =>
        {
            var image = new byte[256];
            for (var i = 0; i < 100; ++i) Assert.InRange(data.Get(i, image.AsSpan()), 0, 9);
            Assert.Equal(100, data.Info.Count);
        });
    }

    /// <summary>Memory that counts its pins.</summary>
    private sealed class CountingMemory(byte[] bytes) : MemoryManager<byte>
    {
        private int _pinned;

        internal byte[] Bytes => bytes;

        internal int Pinned => Volatile.Read(ref _pinned);

        public override Span<byte> GetSpan() => bytes;

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            Interlocked.Increment(ref _pinned);
            var pin = System.Runtime.InteropServices.GCHandle.Alloc(bytes,
                System.Runtime.InteropServices.GCHandleType.Pinned);
            return new MemoryHandle((byte*)pin.AddrOfPinnedObject() + elementIndex, pin, this);
        }

        public override void Unpin() => Interlocked.Decrement(ref _pinned);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
