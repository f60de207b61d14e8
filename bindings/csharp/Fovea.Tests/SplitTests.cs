namespace Fovea.Tests;

public sealed class SplitTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 1 });

    public void Dispose() => _context.Dispose();

    [Fact]
    public void StratifiedPartsHaveTheClassesOfTheWhole()
    {
        using var data = Small.DigitsData(_context, 100);
        var (first, second) = data.Split(new() { Count = 50, Stratified = true });
        using (first)
        using (second)
        {
            var pairs = ClassCounts(first).Zip(ClassCounts(second));
            Assert.All(pairs, pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FoldsPartition(bool stratified)
    {
        using var data = Small.DigitsData(_context, 53);
        var options = new FoldOptions { Folds = 3, Shuffle = true, Stratified = stratified, Seed = 2 };
        var sum = new int[10];
        for (var i = 0; i < options.Folds; ++i)
        {
            var (train, validation) = data.Fold(i, options);
            using (train)
            using (validation)
            {
                Assert.Equal(i < 2 ? 18 : 17, validation.Info.Count);
                Assert.Equal(53, train.Info.Count + validation.Info.Count);
                var counts = ClassCounts(validation);
                for (var c = 0; c < 10; ++c) sum[c] += counts[c];
            }
        }
        Assert.Equal(ClassCounts(data), sum);
        Small.Fails(ErrorCode.InvalidArgument, () => data.Fold(5));
    }

    [Fact]
    public void ATestSetStaysOne()
    {
        using var data = Small.DigitsData(_context, 20);
        using var before = data.Subset([1, 2]);
        Assert.False(data.Info.IsTest);
        data.MarkTest();
        Assert.True(data.Info.IsTest);
        using var after = data.Subset([1, 2]);
        Assert.True(after.Info.IsTest);
        Assert.False(before.Info.IsTest);
    }

    private static int[] ClassCounts(Dataset data)
    {
        var counts = new int[10];
        var image = new byte[256];
        for (var i = 0; i < data.Info.Count; ++i) ++counts[data.Get(i, image.AsSpan())];
        return counts;
    }
}
