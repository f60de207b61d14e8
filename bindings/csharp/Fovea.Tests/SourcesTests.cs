using System.Text;

namespace Fovea.Tests;

public sealed class SourcesTests : InFolder
{
    private void Write(string name, string bytes)
    {
        var path = Place(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(bytes));
    }

    private static byte[] Firsts(Dataset data)
    {
        var sample = new byte[3072];
        var firsts = new byte[data.Info.Count];
        for (var i = 0; i < firsts.Length; ++i)
        {
            data.Get<byte>(i, sample);
            firsts[i] = sample[0];
        }
        return firsts;
    }

    [Fact]
    public void FoldersAndLists()
    {
        Write("data/cat/a.pgm", "P5 1 2 255\nab");
        Write("data/cat/b.pgm", "P5 1 2 255\nc");
        Write("data/dog/c.pgm", "P5 1 2 255\nef");
        Write("data/dog/notes.txt", "");
        using var context = new Context();
        using var data = Dataset.OpenFolder(context, Place("data"));
        Assert.Equal(Shape.Create([2, 1, 3]), data.Info.Shape);
        Assert.Equal("ae"u8.ToArray(), Firsts(data));
        Assert.Equal(new FilesInfo(3, 1, 1), data.FilesInfo);
        Assert.Contains("b.pgm", data.GetProblem(0), StringComparison.Ordinal);
        Assert.Equal("dog", data.GetClassName(1));
        Assert.True(data.HasClassNames);
        Assert.Equal([1L, 1L], data.CountClasses());
        Assert.EndsWith("c.pgm", data.GetSampleName(1), StringComparison.Ordinal);
        Small.Fails(ErrorCode.Format, () => Dataset.OpenFolder(context, Place("data"), new() { RefuseBroken = true }));

        Write("list.txt", "data/dog/c.pgm;z\ndata/cat/a.pgm;y\n");
        using var list = Dataset.OpenList(context, Place("list.txt"),
            new() { Delimiter = ';', Header = false, Files = new() { Channels = 1 } });
        Assert.Equal(Shape.Create([2, 1, 1]), list.Info.Shape);
        Assert.Equal("ea"u8.ToArray(), Firsts(list));
        Assert.Equal("z", list.GetClassName(1));
        using var cached = list.Cache(context);
        Assert.Equal(Firsts(list), Firsts(cached));
    }

    [Fact]
    public void Cifar10()
    {
        Write("ten.bin", "\u0003" + new string('x', 3072));
        using var context = new Context();
        using var data = Dataset.OpenCifar(context, [Place("ten.bin"), Place("ten.bin")]);
        Assert.Equal("xx"u8.ToArray(), Firsts(data));
        Assert.Equal("cat", data.GetClassName(3));
        Small.Fails(ErrorCode.Format, () => Dataset.OpenCifar(context, [Place("ten.bin")], Cifar.Hundred));
    }

    private sealed class Host : ISampleSource<byte>
    {
        public long Count => 6;

        public Shape Shape => [2];

        public long GetLabel(long index) => index % 3;

        public void Read(long index, Span<byte> values)
        {
            if (index == 4) throw new FoveaException(ErrorCode.IO, "no disk");
            if (index == 5) throw new InvalidOperationException("no sample");
            values.Fill((byte)index);
        }
    }

    private sealed class Pairs : ISampleSource<byte>
    {
        public long Count => 3;

        public Shape Shape => [0, 0, 1];

        public Shape TargetShape => [2];

        public long GetLabel(long index) => throw new NotSupportedException();

        public void GetTarget(long index, Span<float> values) => values[1] = index;

        public (long Height, long Width) GetSize(long index) => (index + 1, 2);

        public void Read(long index, Span<byte> values)
        {
            Assert.Equal(2 * (int)(index + 1), values.Length);
            values.Fill((byte)index);
        }
    }

    [Fact]
    public void ASourceWithTargetsAndSizes()
    {
        using var context = new Context();
        using var data = Dataset.FromSource(context, new Pairs());
        Assert.Equal(0, data.Info.Classes);
        var sample = new byte[6];
        data.Get<byte>(2, sample);
        Assert.Equal(new byte[] { 2, 2, 2, 2, 2, 2 }, sample);
    }

    [Fact]
    public void ClassesInAnOrderThatIsGiven()
    {
        var folder = Directory.CreateTempSubdirectory("fovea-");
        try
        {
            foreach (var name in new[] { "cat", "dog" })
                File.WriteAllText(Path.Combine(folder.CreateSubdirectory(name).FullName, "a.pgm"), "P5 1 2 255\nab");
            using var context = new Context();
            using var data = Dataset.OpenFolder(context, folder.FullName, new ImageFilesOptions { ClassNames = ["dog", "bird"] });
            Assert.Equal("dog", data.GetClassName(0));
            Assert.Equal(1, data.FilesInfo.Broken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void ASourceOfTheHosts()
    {
        using var context = new Context();
        using var data = Dataset.FromSource(context, new Host());
        var sample = new byte[2];
        Assert.Equal(2, data.Get<byte>(2, sample));
        Assert.Equal([2, 2], sample);
        Assert.Equal("sample 4: no disk", Small.Fails(ErrorCode.IO, () => data.Get<byte>(4, sample)).Message);
        Assert.Throws<InvalidOperationException>(() => data.Get<byte>(5, sample));
    }

    [Fact]
    public void OfOtherDatasets()
    {
        using var context = new Context();
        byte[] values = [0, 1, 2, 3, 4, 5];
        int[] labels = [0, 0, 0, 0, 1, 1];
        using var data = Dataset.FromMemory(context, new()
        {
            Samples = Tensor.Of(values, [6, 1]),
            Labels = Tensor.Of(labels, [6]),
        });
        using var both = Dataset.Concat(data, data);
        Assert.Equal(12, both.Info.Count);
        using var three = data.Repeat(3);
        Assert.Equal(18, three.Info.Count);
        using var audit = Audit.Of(context, ("train", data), ("test", both));
        Assert.Equal((6, 2, 0, 0), (audit.GetPart(0).Count, audit.GetPart(0).Classes, audit.GetPart(0).Duplicates,
            audit.GetPart(0).Shared));
        Assert.Equal((12, 6, 12), (audit.GetPart(1).Count, audit.GetPart(1).Duplicates, audit.GetPart(1).Shared));
        Assert.Contains("is in train, too", audit.Text(), StringComparison.Ordinal);
        Small.Fails(ErrorCode.InvalidArgument, () => audit.GetPart(2));
        using var shuffled = data.Shuffle(1);
        Assert.Equal(values, Firsts(shuffled).Order());
        using var balanced = data.Balance();
        Assert.Equal([4L, 4L], balanced.CountClasses());
        using var doubled = data.Map<byte, float>((_, from, shape, to) =>
        {
            Assert.Equal(1, shape.Rank);
            to[0] = 2f * from[0];
        });
        var sample = new float[1];
        doubled.Get<float>(5, sample);
        Assert.Equal([10f], sample);
        Assert.Throws<ArgumentException>(() => data.Map<float, float>((_, _, _, _) => { }));
    }
}
