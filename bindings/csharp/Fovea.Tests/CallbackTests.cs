using System.Runtime.CompilerServices;

namespace Fovea.Tests;

/// <summary>What the library calls back: progress, cancellation, and the hooks of a context.</summary>
public sealed class CallbackTests : IDisposable
{
    private readonly Context _context = new(new() { Threads = 2 });
    private readonly Dataset _data;
    private readonly Model _model;
    private readonly Trainer _trainer;

    public CallbackTests()
    {
        _data = Small.DigitsData(_context, 64);
        _model = Small.Digits(_context);
        _trainer = Small.Sgd(_model);
    }

    public void Dispose()
    {
        _context.Dispose();
        _data.Dispose();
        _model.Dispose();
        _trainer.Dispose();
    }

    private static FitOptions Epochs(int epochs, ProgressHandler? handler = null) =>
        new() { Epochs = epochs, BatchSize = 16, OnProgress = handler };

    /// <summary>Reports where it was called, without a detour.</summary>
    private sealed class Listener(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }

    [Fact]
    public void ProgressIsReportedInOrder()
    {
        var seen = new List<TrainingProgress>();
        var heard = new List<TrainingProgress>();
        var thread = Environment.CurrentManagedThreadId;
        _trainer.Fit(_data, _data, Epochs(2, p =>
        {
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            seen.Add(p);
            return FitControl.Continue;
        }), new Listener(heard.Add));
        Assert.Equal(8, seen.Count);
        Assert.Equal(seen, heard);
        Assert.Equal(Enumerable.Range(1, 8).Select(i => (long)i), seen.Select(p => p.Step));
        Assert.Equal(2, seen[0].Epochs);
        Assert.True(seen[3].EpochEnded);
        Assert.True(double.IsNaN(seen[0].ValidationLoss));
        Assert.False(double.IsNaN(seen[3].ValidationLoss));
        Assert.True(seen[7].SamplesPerSecond > 0);
    }

    [Fact]
    public void WhatACallbackThrowsComesOutOfTheCall()
    {
        var thrown = new InvalidDataException("from the callback");
        var e = Assert.Throws<InvalidDataException>(() => _trainer.Fit(_data, null, Epochs(2, p =>
            p.Step == 3 ? throw thrown : FitControl.Continue)));
        Assert.Same(thrown, e);
        Assert.Contains(nameof(WhatACallbackThrowsComesOutOfTheCall), e.StackTrace, StringComparison.Ordinal);
        Assert.Equal(3, _trainer.Progress.Step);
        Assert.Throws<InvalidDataException>(
            () => _trainer.Fit(_data, null, Epochs(2), new Listener(_ => throw new InvalidDataException())));
        // It goes on as if nothing had been.
        _trainer.Fit(_data, null, Epochs(2));
        Assert.Equal(8, _trainer.Progress.Step);
        Assert.Equal(2, _trainer.History().Length);
    }

    [Fact]
    public void ACallbackMayStop()
    {
        Small.Fails(ErrorCode.Cancelled, () => _trainer.Fit(_data, null, Epochs(2, _ => FitControl.Stop)));
        Assert.Equal(1, _trainer.Progress.Step);
    }

    [Fact]
    public void ACallbackMayReadSaveAndChangeTheRateButNotStep()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        _trainer.Fit(_data, null, Epochs(1, p =>
        {
            Assert.Equal(p.Step, _trainer.Progress.Step);
            Assert.Equal(p.EpochEnded ? 1 : 0, _trainer.History().Length);
            _trainer.LearningRate = 0.5 * p.LearningRate;
            _trainer.Save(path);
            Assert.NotEmpty(Small.Weights(_model, "conv.kernel"));
            Assert.Throws<InvalidOperationException>(() => _trainer.Next());
            Assert.Throws<InvalidOperationException>(() => _trainer.Fit(_data));
            Assert.Throws<InvalidOperationException>(() => _trainer.Step(new float[256], [0]));
            return FitControl.Continue;
        }));
        Assert.Equal(0.05 / 16, _trainer.LearningRate, 12);
        File.Delete(path);
    }

    [Fact]
    public void ACallbackMayDisposeAll()
    {
        Small.Fails(ErrorCode.Cancelled, () => _trainer.Fit(_data, null, Epochs(2, p =>
        {
            Dispose();
            return FitControl.Stop;
        })));
        Assert.Throws<ObjectDisposedException>(() => _trainer.Next());
    }

    [Fact]
    public void TheHandlerIsLetGo()
    {
        WeakReference Train()
        {
            var captured = new object();
            _trainer.Fit(_data, null, Epochs(1, _ => captured is null ? FitControl.Stop : FitControl.Continue));
            return new WeakReference(captured);
        }

        WeakReference Fail()
        {
            var captured = new object();
            var gone = Small.Digits(_context);
            var trainer = Small.Sgd(gone);
            trainer.Dispose();
            Assert.Throws<ObjectDisposedException>(() => trainer.Fit(_data, null,
                Epochs(1, _ => captured is null ? FitControl.Stop : FitControl.Continue)));
            return new WeakReference(captured);
        }

        foreach (var make in (Func<WeakReference>[])[Train, Fail])
        {
            var captured = CallNoInline(make);
            Assert.True(Small.CollectUntil(() => !captured.IsAlive));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference CallNoInline(Func<WeakReference> make) => make();
    }

    [Fact]
    public void ACancellationTokenStopsAFit()
    {
        using var source = new CancellationTokenSource();
        var e = Assert.Throws<OperationCanceledException>(() => _trainer.Fit(_data, null, Epochs(1000, p =>
        {
            if (p.Step == 5) source.Cancel();
            return FitControl.Continue;
        }), cancellationToken: source.Token));
        Assert.Equal(source.Token, e.CancellationToken);
        Assert.Equal(5, _trainer.Progress.Step);
        Assert.Throws<OperationCanceledException>(() => _trainer.Fit(_data, cancellationToken: source.Token));
        Assert.Equal(5, _trainer.Progress.Step);
        _trainer.Fit(_data, null, Epochs(2));
        Assert.Equal(8, _trainer.Progress.Step);
    }

    [Fact]
    public void ACancelTokenStopsAFit()
    {
        using var cancel = new CancelToken();
        Assert.False(cancel.IsCancelled);
        var options = Epochs(1000, p =>
        {
            if (p.Step == 5) cancel.Cancel();
            return FitControl.Continue;
        }) with { Cancel = cancel };
        Small.Fails(ErrorCode.Cancelled, () => _trainer.Fit(_data, null, options));
        Assert.True(cancel.IsCancelled);
        Assert.Equal(5, _trainer.Progress.Step);
        cancel.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _trainer.Fit(_data, null, options));
        Assert.Throws<ObjectDisposedException>(cancel.Reset);
    }

    [Fact]
    public async Task FitAsyncReportsAndEnds()
    {
        var steps = new List<long>();
        var here = Environment.CurrentManagedThreadId;
        var task = _trainer.FitAsync(_data, _data, Epochs(2), new Listener(p =>
        {
            Assert.NotEqual(here, Environment.CurrentManagedThreadId);
            steps.Add(p.Step);
        }));
        await task;
        Assert.Equal(8, steps.Count);
        Assert.Equal(2, _trainer.History().Length);
    }

    [Fact]
    public async Task FitAsyncIsCancelled()
    {
        using var source = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var task = _trainer.FitAsync(_data, null, Epochs(1_000_000), new Listener(_ => started.TrySetResult()), source.Token);
        await started.Task;
        // Meanwhile nobody else may use the trainer.
        Small.Fails(ErrorCode.Busy, () => _trainer.Progress);
        Small.Fails(ErrorCode.Busy, () => _trainer.Step(new float[256], [0]));
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.True(task.IsCanceled);
        Assert.True(_trainer.Progress.Step > 0);
    }

    [Fact]
    public async Task FitAsyncThrowsWhatACallbackThrew()
    {
        var task = _trainer.FitAsync(_data, null, Epochs(1, _ => throw new InvalidDataException()));
        await Assert.ThrowsAsync<InvalidDataException>(() => task);
    }

    [Fact]
    public async Task WhatIsInUseMayBeDisposed()
    {
        var started = new TaskCompletionSource();
        using var source = new CancellationTokenSource();
        var task = _trainer.FitAsync(_data, null, Epochs(1_000_000), new Listener(_ => started.TrySetResult()), source.Token);
        await started.Task;
        Dispose();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
    }

    [Fact]
    public async Task SessionsAreRefusedOrServedWhileAModelTrains()
    {
        using var session = new Session(_model);
        using var source = new CancellationTokenSource();
        var task = _trainer.FitAsync(_data, null, Epochs(1_000_000), null, source.Token);
        int served = 0, refused = 0;
        for (var i = 0; i < 2000 || served + refused == 0; ++i)
        {
            try
            {
                session.Run(new float[256], new float[10]);
                served++;
            }
            catch (FoveaException e) when (e.Code == ErrorCode.Busy)
            {
                refused++;
            }
        }
        await source.CancelAsync();
        // Who comes second is refused, and that may be the trainer.
        var end = await Record.ExceptionAsync(() => task);
        Assert.True(end is OperationCanceledException or FoveaException { Code: ErrorCode.Busy }, end?.ToString());
        session.Run(new float[256], new float[10]);
        _trainer.Next();
    }
}
