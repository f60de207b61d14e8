namespace Fovea;

/// <summary>What is checked.</summary>
public enum Check
{
    /// <summary>Gradients against central differences, in f64; where they differ, the layer to blame.</summary>
    Gradient = NativeMethods.FV_CHECK_GRADIENT,

    /// <summary>The first loss against that of knowing nothing.</summary>
    ChanceLoss = NativeMethods.FV_CHECK_CHANCE_LOSS,

    /// <summary>Whether the loss rises with l2 as it must, and whether the penalties are too strong.</summary>
    Regularization = NativeMethods.FV_CHECK_REGULARIZATION,

    /// <summary>Whether a few samples can be learned by heart.</summary>
    Overfit = NativeMethods.FV_CHECK_OVERFIT,

    /// <summary>Kernels whose units are all equal and stay so.</summary>
    Symmetry = NativeMethods.FV_CHECK_SYMMETRY,

    /// <summary>Dead and saturated units.</summary>
    Units = NativeMethods.FV_CHECK_UNITS,

    /// <summary>How much of the weights a step changes.</summary>
    UpdateRatio = NativeMethods.FV_CHECK_UPDATE_RATIO,

    /// <summary>Vanishing and exploding gradients, kernels without one.</summary>
    GradientFlow = NativeMethods.FV_CHECK_GRADIENT_FLOW,

    /// <summary>A rate that is too high or too low, told by trials with others.</summary>
    LearningRate = NativeMethods.FV_CHECK_LEARNING_RATE,

    /// <summary>The first NaN or infinity, and where.</summary>
    NonFinite = NativeMethods.FV_CHECK_NON_FINITE,

    /// <summary>Samples that two sets share, or that are twice in one.</summary>
    Leakage = NativeMethods.FV_CHECK_LEAKAGE,

    /// <summary>Missing and constant classes, labels that have nothing to do with the inputs.</summary>
    Labels = NativeMethods.FV_CHECK_LABELS,

    /// <summary>Inputs that are all the same, or far from deviation 1.</summary>
    Inputs = NativeMethods.FV_CHECK_INPUTS,

    /// <summary>What the lectures advise against, read off the graph.</summary>
    Advice = NativeMethods.FV_CHECK_ADVICE,
}

/// <summary>How bad it is; a warning and an error are alarms.</summary>
public enum Severity
{
    /// <summary>Nothing wrong: the finding says what was measured.</summary>
    Ok = NativeMethods.FV_SEVERITY_OK,

    /// <summary>Worth knowing; a check that could not be done, and why.</summary>
    Note = NativeMethods.FV_SEVERITY_NOTE,

    /// <summary>Probably wrong, or a waste.</summary>
    Warning = NativeMethods.FV_SEVERITY_WARNING,

    /// <summary>This training cannot work, or its results mean nothing.</summary>
    Error = NativeMethods.FV_SEVERITY_ERROR,
}

/// <summary>What was found.</summary>
public enum FindingCode
{
    /// <summary>Nothing wrong.</summary>
    None = NativeMethods.FV_FINDING_NONE,

    /// <summary>The check does not apply here, or failed.</summary>
    Skipped = NativeMethods.FV_FINDING_SKIPPED,

    /// <summary>A backward pass is not the derivative of its forward pass.</summary>
    WrongGradient = NativeMethods.FV_FINDING_WRONG_GRADIENT,

    /// <summary>The first loss is far above that of knowing nothing.</summary>
    LossNotAtChance = NativeMethods.FV_FINDING_LOSS_NOT_AT_CHANCE,

    /// <summary>The loss does not rise with l2 as it must.</summary>
    RegularizationIgnored = NativeMethods.FV_FINDING_REGULARIZATION_IGNORED,

    /// <summary>The penalties outweigh the data.</summary>
    RegularizationTooStrong = NativeMethods.FV_FINDING_REGULARIZATION_TOO_STRONG,

    /// <summary>Not even a few samples can be learned by heart.</summary>
    CannotOverfit = NativeMethods.FV_FINDING_CANNOT_OVERFIT,

    /// <summary>All units of a layer are equal and stay so.</summary>
    SymmetricWeights = NativeMethods.FV_FINDING_SYMMETRIC_WEIGHTS,

    /// <summary>Rectifiers that give 0 for every sample.</summary>
    DeadUnits = NativeMethods.FV_FINDING_DEAD_UNITS,

    /// <summary>Sigmoids and tanhs at their ends.</summary>
    SaturatedUnits = NativeMethods.FV_FINDING_SATURATED_UNITS,

    /// <summary>Against the weights that they change.</summary>
    UpdatesTooLarge = NativeMethods.FV_FINDING_UPDATES_TOO_LARGE,

    /// <summary>Against the weights that they change.</summary>
    UpdatesTooSmall = NativeMethods.FV_FINDING_UPDATES_TOO_SMALL,

    /// <summary>It vanishes towards the input.</summary>
    VanishingGradient = NativeMethods.FV_FINDING_VANISHING_GRADIENT,

    /// <summary>Gradients or signals grow over the network.</summary>
    ExplodingGradient = NativeMethods.FV_FINDING_EXPLODING_GRADIENT,

    /// <summary>A trained kernel's gradient is 0 in every step.</summary>
    NoGradient = NativeMethods.FV_FINDING_NO_GRADIENT,

    /// <summary>All parameters are frozen, or there are none.</summary>
    NothingTrains = NativeMethods.FV_FINDING_NOTHING_TRAINS,

    /// <summary>A lower rate learns where this one does not.</summary>
    RateTooHigh = NativeMethods.FV_FINDING_RATE_TOO_HIGH,

    /// <summary>A far higher rate learns where this one does not, or it is next to 0.</summary>
    RateTooLow = NativeMethods.FV_FINDING_RATE_TOO_LOW,

    /// <summary>A NaN or an infinity.</summary>
    NonFinite = NativeMethods.FV_FINDING_NON_FINITE,

    /// <summary>Samples of the validation or test set are trained on.</summary>
    LeakedSplit = NativeMethods.FV_FINDING_LEAKED_SPLIT,

    /// <summary>Inside one set.</summary>
    DuplicateSamples = NativeMethods.FV_FINDING_DUPLICATE_SAMPLES,

    /// <summary>The test set is also the training or validation set.</summary>
    TestSetUsed = NativeMethods.FV_FINDING_TEST_SET_USED,

    /// <summary>The inputs say nothing about the labels.</summary>
    LabelsUnrelated = NativeMethods.FV_FINDING_LABELS_UNRELATED,

    /// <summary>The sets number their classes differently.</summary>
    SwappedLabels = NativeMethods.FV_FINDING_SWAPPED_LABELS,

    /// <summary>All labels or targets are the same.</summary>
    ConstantLabels = NativeMethods.FV_FINDING_CONSTANT_LABELS,

    /// <summary>A class without a sample, or only in the other set.</summary>
    MissingClass = NativeMethods.FV_FINDING_MISSING_CLASS,

    /// <summary>One class has many times the samples of another.</summary>
    ImbalancedClasses = NativeMethods.FV_FINDING_IMBALANCED_CLASSES,

    /// <summary>Equal samples with different labels.</summary>
    ConflictingLabels = NativeMethods.FV_FINDING_CONFLICTING_LABELS,

    /// <summary>All samples are the same.</summary>
    ConstantInput = NativeMethods.FV_FINDING_CONSTANT_INPUT,

    /// <summary>Inputs far from mean 0 and deviation 1.</summary>
    UnscaledInput = NativeMethods.FV_FINDING_UNSCALED_INPUT,

    /// <summary>Sigmoid or tanh where a rectifier serves better.</summary>
    HiddenActivation = NativeMethods.FV_FINDING_HIDDEN_ACTIVATION,

    /// <summary>One in front of a loss that has its own.</summary>
    OutputActivation = NativeMethods.FV_FINDING_OUTPUT_ACTIVATION,

    /// <summary>More than 80 % is dropped.</summary>
    DropoutTooStrong = NativeMethods.FV_FINDING_DROPOUT_TOO_STRONG,

    /// <summary>By class, and the trainer's feed does not shuffle them.</summary>
    SortedSamples = NativeMethods.FV_FINDING_SORTED_SAMPLES,
}

/// <summary>One thing that a check has found.</summary>
public sealed record Finding
{
    internal unsafe Finding(in fv_finding native)
    {
        Check = (Check)native.check;
        Severity = (Severity)native.severity;
        Code = (FindingCode)native.code;
        Place = Call.Text(native.where);
        Message = Call.Text(native.message);
        Value = native.value;
        Threshold = native.threshold;
        Step = native.step < 0 ? null : native.step;
    }

    /// <summary>Which check.</summary>
    public Check Check { get; }

    /// <summary>How bad it is.</summary>
    public Severity Severity { get; }

    /// <summary>What was found.</summary>
    public FindingCode Code { get; }

    /// <summary>A node, a parameter, a set; empty: everywhere.</summary>
    public string Place { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Message { get; }

    /// <summary>What was measured; NaN: nothing.</summary>
    public double Value { get; }

    /// <summary>Beyond which it is wrong; NaN: none.</summary>
    public double Threshold { get; }

    /// <summary>Of the trial.</summary>
    public long? Step { get; }
}

/// <summary>What checks have found. Any number of threads may read it at once.</summary>
public sealed unsafe class Report : FoveaObject
{
    internal Report(ReportHandle handle) : base(handle)
    {
    }

    private ReportHandle Handle => Alive<ReportHandle>();

    /// <summary>The worst of all findings.</summary>
    public Severity Severity => (Severity)NativeMethods.fv_report_severity(Handle);

    /// <summary>The most severe first, then in the order of the checks.</summary>
    public Finding[] Findings()
    {
        var handle = Handle;
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_report_findings(handle, null, 0, &count, &error), &error);
        var rows = new fv_finding[(int)count];
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held); // the strings are lent by the report
            fixed (fv_finding* first = rows)
                Call.Check(NativeMethods.fv_report_findings(handle, first, count, &count, &error), &error);
            return Array.ConvertAll(rows, row => new Finding(row));
        }
        finally
        {
            if (held) handle.DangerousRelease();
        }
    }

    /// <summary>A table for people.</summary>
    public string Text()
    {
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_report_text(Handle, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_report_text(Handle, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    /// <summary>"learning rate"; empty for a number that is none.</summary>
    public static string NameOf(Check check) => Name(NativeMethods.fv_check_name((int)check));

    /// <summary>"rate too high"; empty for a number that is none.</summary>
    public static string NameOf(FindingCode code) => Name(NativeMethods.fv_finding_name((int)code));

    private static string Name(byte* text) => text == null ? "" : Call.Text(text);
}

/// <summary>The bands of the gradient check's relative error.</summary>
public static class GradientBands
{
    /// <summary>Up to here: right.</summary>
    public const double Great = NativeMethods.FV_GRADIENT_GREAT;

    /// <summary>Up to here: may need a look.</summary>
    public const double Kinks = NativeMethods.FV_GRADIENT_KINKS;

    /// <summary>Up to here: a concern.</summary>
    public const double Concern = NativeMethods.FV_GRADIENT_CONCERN;

    /// <summary>Beyond: almost certainly a bug.</summary>
    public const double Wrong = NativeMethods.FV_GRADIENT_WRONG;
}

/// <summary>What all checks take.</summary>
public sealed record CheckOptions
{
    /// <summary>Of a trial; 0: 200.</summary>
    public int Steps { get; init; }

    /// <summary>Of a trial; 0: that of the trainer's feed, or 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>0: 20.</summary>
    public int OverfitSamples { get; init; }

    /// <summary>0: 200.</summary>
    public int OverfitSteps { get; init; }

    /// <summary>0: 4.</summary>
    public int GradientSamples { get; init; }

    /// <summary>Of each parameter; 0: 400 in all, but 3 to 20 for each; -1: every one.</summary>
    public int Coordinates { get; init; }

    /// <summary>Steps before the second gradient check; 0: as many as of a trial; -1: there is none.</summary>
    public int BurnIn { get; init; }

    /// <summary>Null: the best in double precision.</summary>
    public double? GradientStep { get; init; }

    /// <summary>Of the check of regularization; null: 1000.</summary>
    public double? L2 { get; init; }

    /// <summary>Planned; 0: 1.</summary>
    public long Epochs { get; init; }

    /// <summary>Null: labels are judged by samples that are held out.</summary>
    public Dataset? Validation { get; init; }

    /// <summary>Only compared with the others.</summary>
    public Dataset? Test { get; init; }
}

/// <summary>Keeps the sets of the options alive for the length of one call.</summary>
internal sealed class CheckCall : IDisposable
{
    private readonly DatasetHandle _validation, _test;
    private readonly bool _heldValidation, _heldTest;
    private readonly Cancellation _cancellation;
    private fv_check_desc _desc;

    internal unsafe CheckCall(CheckOptions? options, CancellationToken cancellationToken)
    {
        options ??= new CheckOptions();
        _cancellation = new Cancellation(null, cancellationToken);
        _validation = options.Validation?.Handle ?? DatasetHandle.None;
        _test = options.Test?.Handle ?? DatasetHandle.None;
        if (options.Validation is not null) _validation.DangerousAddRef(ref _heldValidation);
        if (options.Test is not null) _test.DangerousAddRef(ref _heldTest);
        _desc = new fv_check_desc
        {
            struct_size = (uint)sizeof(fv_check_desc),
            steps = options.Steps,
            batch_size = options.BatchSize,
            overfit_samples = options.OverfitSamples,
            overfit_steps = options.OverfitSteps,
            gradient_samples = options.GradientSamples,
            coordinates = options.Coordinates,
            burn_in = options.BurnIn,
            gradient_step = Call.Number(options.GradientStep),
            l2 = Call.Number(options.L2),
            epochs = options.Epochs,
            validation = _validation.DangerousGetHandle(),
            test = _test.DangerousGetHandle(),
            cancel = _cancellation.Native,
        };
    }

    internal ref fv_check_desc Desc => ref _desc;

    internal unsafe Report Take(int status, fv_error* error, nint made)
    {
        var handle = new ReportHandle(made);
        _cancellation.Check(status, error);
        return new Report(handle);
    }

    public void Dispose()
    {
        if (_heldValidation) _validation.DangerousRelease();
        if (_heldTest) _test.DangerousRelease();
        _cancellation.Dispose();
    }
}

public sealed unsafe partial class Trainer
{
    /// <summary>Every check: what is wrong with this training, where, and what to do. Neither the trainer nor its model
    /// is changed: what is trained is a copy.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: data that does not fit the model, a
    /// trainer without a loss; <see cref="ErrorCode.Busy"/>.</exception>
    public Report CheckAll(Dataset train, CheckOptions? options = null, CancellationToken cancellationToken = default) =>
        Examine(null, train, options, cancellationToken);

    /// <summary>One of the checks.</summary>
    /// <inheritdoc cref="CheckAll" path="/exception"/>
    public Report Check(Check check, Dataset train, CheckOptions? options = null,
        CancellationToken cancellationToken = default) => Examine(check, train, options, cancellationToken);

    private Report Examine(Check? check, Dataset train, CheckOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (check == Fovea.Check.Leakage) return train.CheckLeakage(options, cancellationToken);
        using var call = new CheckCall(options, cancellationToken);
        using var turn = TakeTurn();
        fv_error error;
        nint made = 0;
        fixed (fv_check_desc* desc = &call.Desc)
        {
            var status = check switch
            {
                null => NativeMethods.fv_check_all(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Gradient => NativeMethods.fv_check_gradient(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.ChanceLoss => NativeMethods.fv_check_chance_loss(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Regularization => NativeMethods.fv_check_regularization(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Overfit => NativeMethods.fv_check_overfit(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Symmetry => NativeMethods.fv_check_symmetry(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Units => NativeMethods.fv_check_units(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.UpdateRatio => NativeMethods.fv_check_update_ratio(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.GradientFlow => NativeMethods.fv_check_gradient_flow(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.LearningRate => NativeMethods.fv_check_learning_rate(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.NonFinite => NativeMethods.fv_check_non_finite(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Labels => NativeMethods.fv_check_labels(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Inputs => NativeMethods.fv_check_inputs(Handle, train.Handle, desc, &made, &error),
                Fovea.Check.Advice => NativeMethods.fv_check_advice(Handle, train.Handle, desc, &made, &error),
                _ => throw new ArgumentOutOfRangeException(nameof(check)),
            };
            return call.Take(status, &error, made);
        }
    }
}

public sealed unsafe partial class Dataset
{
    /// <summary>Samples that this training set shares with the validation or test set of the options, and copies inside
    /// each.</summary>
    public Report CheckLeakage(CheckOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var call = new CheckCall(options, cancellationToken);
        fv_error error;
        nint made = 0;
        fixed (fv_check_desc* desc = &call.Desc)
        {
            var status = NativeMethods.fv_check_leakage(Handle, desc, &made, &error);
            return call.Take(status, &error, made);
        }
    }
}
