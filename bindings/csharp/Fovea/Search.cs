using System.Diagnostics.CodeAnalysis;

namespace Fovea;

/// <summary>Where the values of a parameter come from.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "A range of integers is called so.")]
public enum SearchRange
{
    /// <summary>One of a few, each as likely.</summary>
    Choice = NativeMethods.FV_RANGE_CHOICE,

    /// <summary>From low up to, but not, high.</summary>
    Uniform = NativeMethods.FV_RANGE_UNIFORM,

    /// <summary>Likewise, the logarithm being uniform: for rates and penalties.</summary>
    LogUniform = NativeMethods.FV_RANGE_LOG_UNIFORM,

    /// <summary>A whole number from low to high.</summary>
    Integer = NativeMethods.FV_RANGE_INTEGER,
}

/// <summary>What is searched for.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "A range of integers is called so.")]
public sealed record SearchParameter
{
    private SearchParameter(string name, SearchRange range) => (Name, Range) = (name, range);

    /// <summary>Another for each parameter.</summary>
    public string Name { get; }

    /// <summary>Where its values come from.</summary>
    public SearchRange Range { get; }

    /// <summary>In a grid: so many values of a range, evenly spaced from its first to its last; 0: all whole numbers.</summary>
    public long Points { get; init; }

    private double Low { get; init; }

    private double High { get; init; }

    private double[] Values { get; init; } = [];

    private string[] Labels { get; init; } = [];

    /// <summary>One of these values.</summary>
    public static SearchParameter Choice(string name, params double[] values) =>
        new(name, SearchRange.Choice) { Values = values };

    /// <summary>One of these names; the value is its number, from 0.</summary>
    public static SearchParameter Named(string name, params string[] labels) =>
        new(name, SearchRange.Choice) { Labels = labels };

    /// <summary>Between two numbers.</summary>
    public static SearchParameter Uniform(string name, double low, double high) =>
        new(name, SearchRange.Uniform) { Low = low, High = high };

    /// <summary>Between two numbers above 0, the logarithm being uniform.</summary>
    public static SearchParameter LogUniform(string name, double low, double high) =>
        new(name, SearchRange.LogUniform) { Low = low, High = high };

    /// <summary>A whole number, both ends included.</summary>
    public static SearchParameter Integer(string name, long low, long high) =>
        new(name, SearchRange.Integer) { Low = low, High = high };

    internal unsafe fv_parameter_desc* Native(CallMemory memory)
    {
        var labels = (byte**)memory.Array<nint>(Labels.Length);
        for (var i = 0; i < Labels.Length; ++i) labels[i] = memory.Required(Labels[i]);
        return memory.Value(new fv_parameter_desc
        {
            struct_size = (uint)sizeof(fv_parameter_desc),
            range = (int)Range,
            name = memory.Required(Name),
            low = Low,
            high = High,
            values = memory.Copy<double>(Values),
            value_count = (nuint)Values.Length,
            labels = labels,
            label_count = (nuint)Labels.Length,
            points = Points,
        });
    }
}

/// <summary>Which combinations are tried.</summary>
public enum SearchMethod
{
    /// <summary>Every value is drawn for itself.</summary>
    Random = NativeMethods.FV_SEARCH_RANDOM,

    /// <summary>All of them, that of the last parameter changing fastest.</summary>
    Grid = NativeMethods.FV_SEARCH_GRID,

    /// <summary>Random draws that all train for <see cref="SearchOptions.MinEpochs"/>; the best of each round, 1 /
    /// <see cref="SearchOptions.Eta"/> of them, go on to that many times as many epochs.</summary>
    Halving = NativeMethods.FV_SEARCH_HALVING,
}

/// <summary>How a <see cref="Search"/> goes.</summary>
public sealed record SearchOptions
{
    /// <summary>Which combinations are tried.</summary>
    public SearchMethod Method { get; init; }

    /// <summary>How many; required, but for a grid, which counts its own.</summary>
    public long Trials { get; init; }

    /// <summary>Of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>What a score is, of the validation: the loss, smaller is better, or the accuracy, larger is better; what the
    /// host scores is better in the same direction.</summary>
    public Monitored Monitor { get; init; }

    /// <summary>Of halving; 0: 3.</summary>
    public int Eta { get; init; }

    /// <summary>Of halving's first round; 0: 1.</summary>
    public long MinEpochs { get; init; }

    /// <summary>Of a trial; 0: 1, in halving as many as there are rounds for.</summary>
    public long MaxEpochs { get; init; }
}

/// <summary>What has become of a trial.</summary>
public enum TrialState
{
    /// <summary>To be given, perhaps for another round.</summary>
    Waiting = NativeMethods.FV_TRIAL_WAITING,

    /// <summary>Given, not reported.</summary>
    Running = NativeMethods.FV_TRIAL_RUNNING,

    /// <summary>Reported; its round of halving goes on.</summary>
    Paused = NativeMethods.FV_TRIAL_PAUSED,

    /// <summary>Over.</summary>
    Done = NativeMethods.FV_TRIAL_DONE,

    /// <summary>Was not among the best of its round.</summary>
    Stopped = NativeMethods.FV_TRIAL_STOPPED,

    /// <summary>With an error, or a score that is no number.</summary>
    Failed = NativeMethods.FV_TRIAL_FAILED,
}

/// <summary>One trial: a row of the results. Its values go by number, or by name: <c>trial["rate"]</c>.</summary>
public sealed class Trial
{
    private readonly IReadOnlyList<string> _names;

    internal unsafe Trial(in fv_trial native, IReadOnlyList<string> names)
    {
        _names = names;
        Index = native.index;
        Values = new ReadOnlySpan<double>(native.values, (int)native.value_count).ToArray();
        Epochs = native.epochs;
        State = (TrialState)native.state;
        Code = (ErrorCode)native.status;
        Message = Call.Text(native.message);
        Scores = new ReadOnlySpan<double>(native.scores, (int)native.score_count).ToArray();
        Score = native.score;
        StandardDeviation = native.stddev;
        Time = TimeSpan.FromSeconds(native.seconds);
    }

    /// <summary>From 0.</summary>
    public long Index { get; }

    /// <summary>One for each parameter.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>To train in all, those of earlier rounds included.</summary>
    public long Epochs { get; }

    /// <summary>What has become of it.</summary>
    public TrialState State { get; }

    /// <summary>Of a failure.</summary>
    public ErrorCode Code { get; }

    /// <summary>Of a failure, else empty.</summary>
    public string Message { get; }

    /// <summary>As reported: one, or one for each fold.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>Their mean; NaN before and after a failure.</summary>
    public double Score { get; }

    /// <summary>Theirs, / (n - 1); NaN with fewer than two.</summary>
    public double StandardDeviation { get; }

    /// <summary>From being given to being reported, of all rounds.</summary>
    public TimeSpan Time { get; }

    /// <summary>The value of a parameter.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double this[string name]
    {
        get
        {
            for (var i = 0; i < _names.Count; ++i)
                if (_names[i] == name) return Values[i];
            throw new KeyNotFoundException($"there is no parameter '{name}'");
        }
    }
}

/// <summary>Called after every trial with its row, on the thread that searches.</summary>
public delegate FitControl TrialHandler(Trial trial);

/// <summary>How <see cref="Search.Fit"/> trains.</summary>
public sealed record SearchFitOptions
{
    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>The dataset's order; else another order in every epoch, drawn from the trainer's seed.</summary>
    public bool NoShuffle { get; init; }

    /// <summary>A last, smaller batch is left out.</summary>
    public bool DropLast { get; init; }

    /// <summary>When a trial ends before its epochs are done.</summary>
    public StopOptions? Stop { get; init; }

    /// <summary>Every trial by k-fold validation; then there is no validation set.</summary>
    public FoldOptions? Folds { get; init; }

    /// <summary>A test set decides nevertheless.</summary>
    public bool AllowTest { get; init; }

    /// <summary>Hears of every trial.</summary>
    public TrialHandler? OnTrial { get; init; }

    internal unsafe fv_fit_desc* Native(CallMemory memory, nint cancel) => memory.Value(new fv_fit_desc
    {
        struct_size = (uint)sizeof(fv_fit_desc),
        batch_size = BatchSize,
        no_shuffle = Call.Flag(NoShuffle),
        drop_last = Call.Flag(DropLast),
        stop = Stop is null ? null : Stop.Native(memory),
        cancel = cancel,
    });
}

/// <summary>
/// Finds good options by trying. <see cref="Run"/> asks for scores, <see cref="Fit"/> for trainers; both are loops around
/// <see cref="Next"/> and <see cref="Report(long, double[])"/>. One thread at a time.
/// </summary>
public sealed unsafe class Search : FoveaObject
{
    private readonly string[] _names;

    /// <summary>A search over these parameters.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: which parameter, and why.</exception>
    public Search(IReadOnlyList<SearchParameter> parameters, SearchOptions options) : base(Create(parameters, options)) =>
        _names = [.. parameters.Select(p => p.Name)];

    private SearchHandle Handle => Alive<SearchHandle>();

    /// <summary>All trials, in their order.</summary>
    public Trial[] Trials()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_search_trials(Handle, null, 0, &count, &error), &error);
        var rows = new fv_trial[(int)count];
        return Lent(() =>
        {
            fv_error failure;
            fixed (fv_trial* first = rows)
                Call.Check(NativeMethods.fv_search_trials(Handle, first, (nuint)rows.Length, null, &failure), &failure);
            return Array.ConvertAll(rows, row => new Trial(row, _names));
        });
    }

    /// <summary>Of the trials that have trained longest the one with the best score.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>: none has one.</exception>
    public Trial Best()
    {
        using var turn = TakeTurn();
        return Lent(() =>
        {
            fv_error error;
            fv_trial trial;
            Call.Check(NativeMethods.fv_search_best(Handle, &trial, &error), &error);
            return new Trial(trial, _names);
        });
    }

    /// <summary>The next trial; null when there is none left. Several may be out at the same time.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Busy"/>: what comes next depends on trials that are out.
    /// </exception>
    public Trial? Next()
    {
        using var turn = TakeTurn();
        return Lent(() =>
        {
            fv_error error;
            fv_trial trial;
            Call.Check(NativeMethods.fv_search_next(Handle, &trial, &error), &error);
            return trial.index < 0 ? null : new Trial(trial, _names);
        });
    }

    /// <summary>What became of a trial: scores, whose mean counts. One that was not given may be reported too, which is how a
    /// search is resumed.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such trial, or it is over.</exception>
    public void Report(long trial, params double[] scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        using var turn = TakeTurn();
        fv_error error;
        fixed (double* first = scores)
            Call.Check(NativeMethods.fv_search_report(Handle, trial, first, (nuint)scores.Length, null, &error), &error);
    }

    /// <summary>Or its failure; <see cref="ErrorCode.Cancelled"/> puts it back to be given again.</summary>
    public void Report(long trial, FoveaException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        using var turn = TakeTurn();
        fv_error error, native = default;
        native.code = CustomNative.Failed(failure, &native);
        Call.Check(NativeMethods.fv_search_report(Handle, trial, null, 0, &native, &error), &error);
    }

    /// <summary>A table for people, the best first.</summary>
    public string Table() => Text(&NativeMethods.fv_search_table);

    /// <summary>All trials as comma-separated values.</summary>
    public string Csv() => Text(&NativeMethods.fv_search_csv);

    /// <summary>
    /// Runs all trials that are left. A <see cref="FoveaException"/> of the objective is a row of the results; any other
    /// exception ends the search and is thrown here.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the search can go on.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Cancelled"/>: the handler or the objective stopped it.</exception>
    public void Run(Func<Trial, double> objective, TrialHandler? onTrial = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(objective);
        using var cancellation = new Cancellation(null, cancellationToken);
        using var turn = TakeTurn();
        var state = new SearchState(_names, onTrial) { Objective = objective };
        try
        {
            var desc = new fv_search_run_desc
            {
                struct_size = (uint)sizeof(fv_search_run_desc),
                objective = SearchState.ObjectiveFunction,
                on_trial = SearchState.TrialFunction,
                user = state.User,
                drop = HostState.DropFunction,
                cancel = cancellation.Native,
            };
            fv_error error;
            cancellation.Check(NativeMethods.fv_search_run(Handle, &desc, &error), &error);
        }
        finally
        {
            state.Drop();
        }
    }

    /// <summary>
    /// Trains all trials that are left, with the trainers that <paramref name="build"/> makes of their values, and scores them
    /// on <paramref name="validation"/>, or by folds, for each of which it is called with its number. It gives its trainers
    /// away: they are disposed for it.
    /// </summary>
    /// <returns>The trainer of the best trial; null with folds, or where that trial was not trained by this call.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; the search can go on.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a set that is marked as a test set, neither
    /// folds nor a validation set; <see cref="ErrorCode.Cancelled"/>.</exception>
    public Trainer? Fit(Dataset train, Dataset? validation, Func<Trial, int, Trainer> build, SearchFitOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(build);
        options ??= new SearchFitOptions();
        using var cancellation = new Cancellation(null, cancellationToken);
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var state = new SearchState(_names, options.OnTrial) { Build = build };
        try
        {
            nint best = 0;
            var desc = new fv_search_fit_desc
            {
                struct_size = (uint)sizeof(fv_search_fit_desc),
                allow_test = Call.Flag(options.AllowTest),
                build = SearchState.BuildFunction,
                on_trial = SearchState.TrialFunction,
                user = state.User,
                drop = HostState.DropFunction,
                fit = options.Native(memory, cancellation.Native),
                folds = options.Folds is null ? null : memory.Value(options.Folds.Native(0)),
                best = options.Folds is null ? &best : null,
            };
            fv_error error;
            var status = NativeMethods.fv_search_fit(Handle, train.Handle, validation?.Handle ?? DatasetHandle.None, &desc,
                &error);
            cancellation.Check(status, &error);
            return best == 0 ? null : Trainer.Own(new TrainerHandle(best));
        }
        finally
        {
            state.Drop();
        }
    }

    // What a row points to is lent by the search.
    private T Lent<T>(Func<T> read)
    {
        var handle = Handle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return read();
        }
        finally
        {
            if (held) handle.DangerousRelease();
        }
    }

    private string Text(delegate*<SearchHandle, byte*, nuint, nuint*, fv_error*, int> write)
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint needed;
        Call.Check(write(Handle, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(write(Handle, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    private static SearchHandle Create(IReadOnlyList<SearchParameter> parameters, SearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var space = (fv_parameter_desc**)memory.Array<nint>(parameters.Count);
        for (var i = 0; i < parameters.Count; ++i) space[i] = parameters[i].Native(memory);
        var desc = new fv_search_desc
        {
            struct_size = (uint)sizeof(fv_search_desc),
            method = (int)options.Method,
            parameters = space,
            parameter_count = (nuint)parameters.Count,
            trials = options.Trials,
            seed = options.Seed,
            monitor = (int)options.Monitor,
            eta = options.Eta,
            min_epochs = options.MinEpochs,
            max_epochs = options.MaxEpochs,
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_search_create(&desc, &made, &error);
        return Call.Check(status, &error, new SearchHandle(made));
    }
}
