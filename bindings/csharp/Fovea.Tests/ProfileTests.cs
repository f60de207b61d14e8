using System.Text.Json;

namespace Fovea.Tests;

/// <summary>Where the time goes.</summary>
public sealed class ProfileTests : InFolder
{
    private readonly Context _context = new(new() { Threads = 1 });
    private readonly Model _model;
    private readonly float[] _images = new float[5 * 256];
    private readonly float[] _output = new float[5 * 10];

    public ProfileTests() => _model = Small.Digits(_context);

    protected override void Dispose(bool disposing)
    {
        _model.Dispose();
        _context.Dispose();
        base.Dispose(disposing);
    }

    private static ProfileRow Row(Profile profile, string name, Pass pass) =>
        Assert.Single(profile.Rows(), row => row.Name == name && row.Pass == pass);

    [Fact]
    public void CountsTheRunsOfASession()
    {
        using var session = new Session(_model, new() { MaxBatch = 4 });
        using var profile = session.Profile();
        Assert.All(profile.Rows(), row => Assert.Equal(0, row.Calls));
        session.Run(_images, _output);
        var conv = Row(profile, "conv", Pass.Forward);
        Assert.Equal("conv2d", conv.Kind);
        Assert.NotEmpty(conv.Algorithm);
        Assert.Equal(2, conv.Calls);
        Assert.True(conv.Time > TimeSpan.Zero && conv.Bytes > 0);
        Assert.Equal(2.0 * 5 * _model.Info.MultiplyAdds, profile.Rows().Sum(row => row.Flops));
        Assert.Equal(1, Row(profile, "conv", Pass.Prepare).Calls);

        var table = profile.Table();
        Assert.All(["conv", "out", "forward", "GFLOP/s", "total"], word => Assert.Contains(word, table, StringComparison.Ordinal));
        Assert.DoesNotContain('\0', table);
    }

    [Fact]
    public void CountsTheStepsOfATrainerEvenFromItsHandler()
    {
        using var data = Small.DigitsData(_context);
        using var trainer = Small.Sgd(_model);
        using var profile = trainer.Profile();
        var calls = new List<long>();
        trainer.Fit(data, null, new()
        {
            BatchSize = 16,
            OnProgress = _ =>
            {
                calls.Add(Row(profile, "out", Pass.Backward).Calls);
                return FitControl.Continue;
            },
        });
        Assert.Equal([1, 2, 3, 4], calls);
        foreach (var part in new[] { "(input)", "(loss)", "(penalty)", "(optimizer)" })
            Assert.Equal(4, Row(profile, part, Pass.Other).Calls);
    }

    [Fact]
    public void WritesATrace()
    {
        using var session = new Session(_model);
        using var profile = session.Profile(new() { MaxEvents = 3 });
        session.Run(_images, _output);
        profile.WriteTrace(Place("trace.json"));
        using var trace = JsonDocument.Parse(File.ReadAllText(Place("trace.json")));
        Assert.Equal(3, trace.RootElement.GetProperty("traceEvents").GetArrayLength());
        Small.Fails(ErrorCode.NotFound, () => profile.WriteTrace(Place("no/trace.json")));
        Assert.Throws<ArgumentNullException>(() => profile.WriteTrace(null!));
        Small.Fails(ErrorCode.InvalidArgument, () => session.Profile(new() { MaxEvents = -1 }));
    }

    [Fact]
    public void EndsWhenAnotherOneBeginsOrWhenItIsDisposed()
    {
        using var session = new Session(_model);
        var first = session.Profile();
        session.Run(_images, _output);
        using var second = session.Profile();
        session.Run(_images, _output);
        Assert.Equal(5, Row(first, "out", Pass.Forward).Calls);
        Assert.Equal(5, Row(second, "out", Pass.Forward).Calls);
        first.Dispose();
        Assert.Throws<ObjectDisposedException>(() => first.Table());
        session.Run(_images, _output);
        Assert.Equal(10, Row(second, "out", Pass.Forward).Calls);
        session.Dispose();
        Assert.Equal(10, Row(second, "out", Pass.Forward).Calls);
        Assert.Throws<ObjectDisposedException>(() => session.Profile());
    }

    [Fact]
    public void IsNotReadWhileAnotherThreadRuns()
    {
        using var data = Small.DigitsData(_context);
        using var trainer = Small.Sgd(_model);
        using var profile = trainer.Profile();
        trainer.Fit(data, null, new()
        {
            BatchSize = 64,
            OnProgress = _ =>
            {
                var other = new Thread(() =>
                {
                    Small.Fails(ErrorCode.Busy, () => profile.Rows());
                    Small.Fails(ErrorCode.Busy, () => profile.Table());
                    Small.Fails(ErrorCode.Busy, () => profile.WriteTrace(Place("trace.json")));
                });
                other.Start();
                other.Join();
                return FitControl.Continue;
            },
        });
        Assert.NotEmpty(profile.Rows());
    }
}
