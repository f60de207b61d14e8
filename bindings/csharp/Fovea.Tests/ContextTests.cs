using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea.Tests;

/// <summary>Contexts and their hooks.</summary>
public sealed class ContextTests
{
    private static float[] Trained(Context context)
    {
        using var model = Small.Digits(context);
        using var data = Small.DigitsData(context);
        using var trainer = Small.Sgd(model);
        trainer.Fit(data, null, new() { Epochs = 2, BatchSize = 16 });
        return Small.Weights(model, "conv.kernel");
    }

    [Fact]
    public void ThreadsAreCounted()
    {
        using var three = new Context(new() { Threads = 3 });
        Assert.Equal(3, three.Threads);
        using var usual = new Context();
        Assert.True(usual.Threads >= 1);
        Small.Fails(ErrorCode.InvalidArgument, () => new Context(new() { Threads = -1 }));
        Small.Fails(ErrorCode.InvalidArgument, () => new Context(new() { Threads = 1025, Log = (_, _) => { } }));
    }

    [Fact]
    public void ThreadsDoNotChangeTheBits()
    {
        using var one = new Context(new() { Threads = 1 });
        using var three = new Context(new() { Threads = 3 });
        Assert.Equal(Trained(one), Trained(three));
    }

    [Fact]
    public void TheLogIsHeard()
    {
        var lines = new List<(LogLevel Level, string Line)>();
        using var context = new Context(new() { Threads = 1, Log = (level, line) => lines.Add((level, line)) });
        Trained(context);
        Assert.NotEmpty(lines);
        Assert.All(lines, l => Assert.True(Enum.IsDefined(l.Level) && l.Line.Length > 0));
    }

    [Fact]
    public void AThrowingLogComesOutOfTheCall()
    {
        var angry = true;
        using var context = new Context(new()
        {
            Threads = 1, Log = (_, _) => { if (angry) throw new InvalidDataException(); },
        });
        Assert.Throws<InvalidDataException>(() => Trained(context));
        angry = false;
        Trained(context);
    }

    [Fact]
    public void AllMemoryComesFromTheAllocator()
    {
        var allocator = new CountingAllocator();
        float[] weights;
        using (var context = new Context(new() { Threads = 1, Allocator = allocator })) weights = Trained(context);
        Assert.True(allocator.Allocations > 0);
        Assert.Empty(allocator.Blocks);
        using var plain = new Context(new() { Threads = 1 });
        Assert.Equal(Trained(plain), weights);
    }

    [Fact]
    public void AnAllocatorMayRefuseOrThrow()
    {
        var allocator = new CountingAllocator();
        using var context = new Context(new() { Threads = 1, Allocator = allocator });
        allocator.Behaviour = () => false;
        Small.Fails(ErrorCode.OutOfMemory, () => Small.DigitsData(context));
        allocator.Behaviour = () => throw new InvalidDataException();
        Assert.Throws<InvalidDataException>(() => Small.DigitsData(context));
        allocator.Behaviour = () => true;
        Small.DigitsData(context).Dispose();
        Assert.Empty(allocator.Blocks);
    }

    [Fact]
    public void TheHostsThreadsGiveTheSameBits()
    {
        using var own = new Context(new() { Threads = 2 });
        var calls = 0;
        using var hosts = new Context(new()
        {
            Threads = 2,
            ParallelFor = (count, body) =>
            {
                Interlocked.Increment(ref calls);
                Parallel.For(0L, count, body);
            },
        });
        Assert.Equal(Trained(own), Trained(hosts));
        Assert.True(calls > 0);
    }

    [Fact]
    public void AForgetfulParallelForIsMadeUpFor()
    {
        using var own = new Context(new() { Threads = 2 });
        var random = new Random(1);
        using var hosts = new Context(new()
        {
            Threads = 4,
            ParallelFor = (count, body) =>
            {
                // Half of the indices, backwards, one of them twice.
                for (var i = count - 1; i >= 0; i -= 2)
                {
                    body(i);
                    if (random.Next(4) == 0) body(i);
                }
                Assert.Throws<ArgumentOutOfRangeException>(() => body(count));
                Assert.Throws<ArgumentOutOfRangeException>(() => body(-1));
            },
        });
        Assert.Equal(Trained(own), Trained(hosts));
    }

    [Fact]
    public void AThrowingParallelForComesOutOfTheCallWhichIsDoneAllTheSame()
    {
        using var own = new Context(new() { Threads = 1 });
        var angry = false;
        Action<long>? late = null;
        using var hosts = new Context(new()
        {
            Threads = 4,
            ParallelFor = (count, body) =>
            {
                late = body;
                body(0);
                if (angry) throw new InvalidDataException();
            },
        });
        using var data = Small.DigitsData(own);
        using var model = Small.Digits(hosts);
        using var trainer = Small.Sgd(model);
        using var reference = Small.Digits(own);
        using var other = Small.Sgd(reference);
        trainer.Feed(data);
        other.Feed(data);
        trainer.Next();
        other.Next();
        angry = true;
        Assert.Throws<InvalidDataException>(() => trainer.Next());
        other.Next();
        Assert.Equal(Small.Weights(reference, "conv.kernel"), Small.Weights(model, "conv.kernel"));
        // A task that is called when all is over does nothing.
        late!(0);
    }

    [Fact]
    public void HooksAreLetGoWithTheLastObject()
    {
        var (hook, dataset) = Make();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(hook.IsAlive);
        dataset.Dispose();
        Assert.True(Small.CollectUntil(() => !hook.IsAlive));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (WeakReference Hook, Dataset Data) Make()
        {
            var allocator = new CountingAllocator();
            using var context = new Context(new() { Threads = 1, Allocator = allocator });
            return (new WeakReference(allocator), Small.DigitsData(context));
        }
    }

    [Fact]
    public void HooksAreLetGoWhereTheCallFails()
    {
        var hook = Make();
        Assert.True(Small.CollectUntil(() => !hook.IsAlive));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Make()
        {
            var allocator = new CountingAllocator();
            Small.Fails(ErrorCode.InvalidArgument, () => new Context(new()
            {
                Threads = -1, Allocator = allocator, Log = (_, _) => allocator.ToString(),
                ParallelFor = (_, _) => allocator.ToString(),
            }));
            return new WeakReference(allocator);
        }
    }

    private sealed unsafe class CountingAllocator : INativeAllocator
    {
        private int _allocations;

        internal ConcurrentDictionary<nint, nuint> Blocks { get; } = new();

        internal int Allocations => _allocations;

        internal Func<bool> Behaviour { get; set; } = () => true;

        public nint Allocate(nuint bytes, nuint alignment)
        {
            if (!Behaviour()) return 0;
            Interlocked.Increment(ref _allocations);
            var memory = (nint)NativeMemory.AlignedAlloc(bytes, alignment);
            Blocks[memory] = bytes;
            return memory;
        }

        public void Release(nint memory, nuint bytes)
        {
            if (Blocks.TryRemove(memory, out var size) && size == bytes) NativeMemory.AlignedFree((void*)memory);
            // Whoever calls does not hear of it.
            else throw new InvalidOperationException("released what was not allocated");
        }
    }
}
