namespace Fovea.Tests;

/// <summary>Tuned models.</summary>
public sealed class TuneTests
{
    [Fact]
    public void ChoicesTravelWithTheModel()
    {
        using var context = new Context(new() { Threads = 1 });
        using var model = Small.Digits(context);
        var tuning = model.Tune(new() { BatchSize = 4, Training = true, Repetitions = 1 });
        Assert.True(tuning.Before > TimeSpan.Zero && tuning.After > TimeSpan.Zero);
        using var copy = model.Clone();
        Assert.Equal(model.Summary(4), copy.Summary(4));
        Assert.Throws<FoveaException>(() => model.Tune(new() { Repetitions = 1001 }));
    }

    [Fact]
    public void CanBeCancelled()
    {
        using var context = new Context(new() { Threads = 1 });
        using var model = Small.Digits(context);
        Assert.ThrowsAny<OperationCanceledException>(() => model.Tune(cancellationToken: new(true)));
    }
}
