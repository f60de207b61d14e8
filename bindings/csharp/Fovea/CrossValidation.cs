namespace Fovea;

/// <summary>How <see cref="Model.CrossValidate"/> trains.</summary>
public sealed record CrossValidateOptions
{
    /// <summary>How the dataset is cut.</summary>
    public FoldOptions Folds { get; init; } = new();

    /// <summary>False: every fold begins with the model's parameters; true: with initial ones of its own, by
    /// <see cref="Seed"/>.</summary>
    public bool Reseed { get; init; }

    /// <summary>Of the initial parameters.</summary>
    public ulong Seed { get; init; }

    /// <summary>Of every fold; 0: 1.</summary>
    public int Epochs { get; init; }

    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>When a fold ends before its epochs are done.</summary>
    public StopOptions? Stop { get; init; }

    /// <summary>A test set is allowed nevertheless.</summary>
    public bool AllowTest { get; init; }
}

/// <summary>The last epoch of each fold.</summary>
/// <param name="Folds">One row for each.</param>
/// <param name="Mean">Theirs.</param>
/// <param name="StandardDeviation">Theirs, / (n - 1).</param>
public sealed record CrossValidation(IReadOnlyList<HistoryRow> Folds, HistoryRow Mean, HistoryRow StandardDeviation);

/// <content>Cross-validation.</content>
public sealed unsafe partial class Model
{
    /// <summary>Trains copies of the model, one for each fold, on the other folds, and validates each on its own.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: options, or a dataset that is marked as a test
    /// set.</exception>
    public CrossValidation CrossValidate(Dataset dataset, TrainerOptions trainer, CrossValidateOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(trainer);
        options ??= new CrossValidateOptions();
        using var cancellation = new Cancellation(null, cancellationToken);
        using var memory = new CallMemory();
        var fit = new fv_fit_desc
        {
            struct_size = (uint)sizeof(fv_fit_desc),
            epochs = options.Epochs,
            batch_size = options.BatchSize,
            stop = options.Stop is null ? null : options.Stop.Native(memory),
            cancel = cancellation.Native,
        };
        var folds = options.Folds.Native(0);
        var desc = new fv_cross_validate_desc
        {
            struct_size = (uint)sizeof(fv_cross_validate_desc),
            reseed = Call.Flag(options.Reseed),
            seed = options.Seed,
            folds = &folds,
            fit = &fit,
            allow_test = Call.Flag(options.AllowTest),
        };
        var native = Trainer.Native(trainer, memory);
        var rows = new fv_history_row[Math.Max(options.Folds.Folds, 0)];
        fv_cross_validation result;
        fv_error error;
        fixed (fv_history_row* first = rows)
        {
            var status = NativeMethods.fv_cross_validate(Handle, &native, dataset.Handle, &desc, first, (nuint)rows.Length, null,
                &result, &error);
            cancellation.Check(status, &error);
        }
        return new CrossValidation(Array.ConvertAll(rows, row => new HistoryRow(row)), new HistoryRow(result.mean),
            new HistoryRow(result.stddev));
    }
}
