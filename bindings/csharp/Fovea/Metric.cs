namespace Fovea;

/// <summary>What is measured. The last axis of the outputs is the classes, or the units of a regression.</summary>
public enum MetricKind
{
    /// <summary>The share of rows that are right.</summary>
    Accuracy = NativeMethods.FV_METRIC_ACCURACY,

    /// <summary>The share of rows whose true class is among the largest outputs: see <see cref="Metric.K"/>.</summary>
    TopK = NativeMethods.FV_METRIC_TOP_K,

    /// <summary>Of a class: right / predicted as it.</summary>
    Precision = NativeMethods.FV_METRIC_PRECISION,

    /// <summary>Of a class: right / truly it.</summary>
    Recall = NativeMethods.FV_METRIC_RECALL,

    /// <summary>Of a class: 2 right / (predicted as it + truly it).</summary>
    F1 = NativeMethods.FV_METRIC_F1,

    /// <summary>Of a class: how often a row of it has a larger probability of it than a row of another. Exact: 8 bytes are
    /// kept for every output.</summary>
    RocAuc = NativeMethods.FV_METRIC_ROC_AUC,

    /// <summary>ECE: the mean distance of confidence and accuracy.</summary>
    CalibrationError = NativeMethods.FV_METRIC_CALIBRATION_ERROR,

    /// <summary>Of a unit: the mean of |x - t|.</summary>
    MeanAbsoluteError = NativeMethods.FV_METRIC_MEAN_ABSOLUTE_ERROR,

    /// <summary>Of a unit: the mean of (x - t)^2.</summary>
    MeanSquaredError = NativeMethods.FV_METRIC_MEAN_SQUARED_ERROR,

    /// <summary>Of a unit: 1 - sum (x - t)^2 / sum (t - mean t)^2.</summary>
    R2 = NativeMethods.FV_METRIC_R2,

    /// <summary>The mean of a loss with its default options: see <see cref="Metric.Loss"/>.</summary>
    Loss = NativeMethods.FV_METRIC_LOSS,
}

/// <summary>How the values of the classes (or units) become one.</summary>
public enum ClassAverage
{
    /// <summary>Their mean.</summary>
    Macro = NativeMethods.FV_CLASS_MACRO,

    /// <summary>All decisions (or values) together, as if of one class.</summary>
    Micro = NativeMethods.FV_CLASS_MICRO,

    /// <summary>The mean by the rows that each class has; of R2 by the variance of each unit.</summary>
    Weighted = NativeMethods.FV_CLASS_WEIGHTED,

    /// <summary>That of <see cref="Metric.ClassIndex"/>.</summary>
    One = NativeMethods.FV_CLASS_ONE,
}

/// <summary>A metric with its options; those of other metrics stay as they are.</summary>
public sealed record Metric
{
    /// <summary>The defaults of a kind.</summary>
    public Metric()
    {
    }

    /// <summary>The defaults of a kind.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public Metric(MetricKind kind) => Kind = kind;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    internal unsafe Metric(in fv_metric_desc native)
    {
        Kind = (MetricKind)native.metric;
        Average = (ClassAverage)native.average;
        ClassIndex = native.class_index;
        K = native.k;
        Bins = native.bins;
        Probabilities = native.probabilities != 0;
        Multilabel = native.multilabel != 0;
        Threshold = native.threshold;
        Loss = native.loss == 0 ? null : (Loss)native.loss;
        Name = Call.Text(native.name);
    }

    /// <summary>What is measured.</summary>
    public required MetricKind Kind { get; init; }

    /// <summary>How the classes become one.</summary>
    public ClassAverage Average { get; init; }

    /// <summary><see cref="ClassAverage.One"/>: which.</summary>
    public int ClassIndex { get; init; }

    /// <summary>Top-k; 0: 5.</summary>
    public int K { get; init; }

    /// <summary>Calibration error; 0: 15.</summary>
    public int Bins { get; init; }

    /// <summary>The outputs are probabilities, not logits.</summary>
    public bool Probabilities { get; init; }

    /// <summary>Each class is a decision of its own.</summary>
    public bool Multilabel { get; init; }

    /// <summary>Of decisions, above 0 and below 1; 0: 0.5.</summary>
    public double Threshold { get; init; }

    /// <summary><see cref="MetricKind.Loss"/>: which.</summary>
    public Loss? Loss { get; init; }

    /// <summary>Null: by the kind, as "accuracy", "top_5", "f1_micro", "recall_3".</summary>
    public string? Name { get; init; }

    /// <summary>What it is called, where it was given no name too.</summary>
    public unsafe string EffectiveName()
    {
        using var memory = new CallMemory();
        var desc = Native(memory);
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_metric_name(desc, null, 0, &needed, &error), &error);
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_metric_name(desc, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    /// <summary>Whether a larger value of this kind is better.</summary>
    public static bool IsLargerBetter(MetricKind kind) => NativeMethods.fv_metric_is_larger_better((int)kind) != 0;

    internal unsafe fv_metric_desc* Native(CallMemory memory) => memory.Value(new fv_metric_desc
    {
        struct_size = (uint)sizeof(fv_metric_desc),
        metric = (int)Kind,
        average = (int)Average,
        class_index = ClassIndex,
        k = K,
        bins = Bins,
        probabilities = Call.Flag(Probabilities),
        multilabel = Call.Flag(Multilabel),
        threshold = Threshold,
        loss = (int)(Loss ?? 0),
        name = memory.Text(Name),
    });

    internal static unsafe fv_metric_desc** Native(IReadOnlyList<Metric> metrics, CallMemory memory)
    {
        if (metrics.Count == 0) return null;
        var all = (fv_metric_desc**)memory.Array<nint>(metrics.Count);
        for (var i = 0; i < metrics.Count; ++i) all[i] = metrics[i].Native(memory);
        return all;
    }
}

/// <summary>What <see cref="Metrics"/> count beside their metrics.</summary>
public sealed record MetricsOptions
{
    /// <summary>Rows with this label do not count.</summary>
    public int? Ignore { get; init; }

    /// <summary>For <see cref="Metrics.Confusion"/>.</summary>
    public bool Confusion { get; init; }

    /// <summary>ROC-AUC: memory for so many rows is taken at once; 0: as they come.</summary>
    public long Rows { get; init; }

    /// <summary>Confusion of a single output: above it is "yes"; 0 is for logits; for probabilities give 0.5.</summary>
    public double ConfusionThreshold { get; init; }
}

/// <summary>A set of metrics that is summed up batch by batch. One thread at a time.</summary>
public sealed unsafe class Metrics : FoveaObject
{
    private readonly int _side;

    /// <summary>Of outputs whose last extent is <paramref name="classes"/>.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a number out of range, an option of another
    /// metric, two of a name.</exception>
    public Metrics(Context context, int classes, IReadOnlyList<Metric> metrics, MetricsOptions? options = null)
        : base(Create(context, classes, metrics, options)) => _side = Math.Max(2, classes);

    internal MetricsHandle Handle => Alive<MetricsHandle>();

    /// <summary>
    /// Counts a batch: outputs [batch][...][classes]; labels [batch][...] or targets of the outputs' shape; weights [batch].
    /// What is refused is not counted.
    /// </summary>
    public void Update(Tensor outputs, Tensor truth, Tensor? sampleWeights = null)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_tensor x = memory.Pin(outputs), t = memory.Pin(truth);
        var w = sampleWeights is null ? default : memory.Pin(sampleWeights);
        fv_error error;
        Call.Check(NativeMethods.fv_metrics_update(Handle, &x, &t, sampleWeights is null ? null : &w, &error), &error);
    }

    /// <summary>Forgets all rows.</summary>
    public void Reset()
    {
        using var turn = TakeTurn();
        NativeMethods.fv_metrics_reset(Handle);
    }

    /// <summary>Of each metric; NaN before the first row.</summary>
    public double[] Values()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_metrics_values(Handle, null, 0, &count, &error), &error);
        var values = new double[(int)count];
        fixed (double* to = values)
            Call.Check(NativeMethods.fv_metrics_values(Handle, to, count, &count, &error), &error);
        return values;
    }

    /// <summary>Of one metric, for each class or unit.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: it has none.</exception>
    public double[] ClassValues(int index)
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_metrics_class_values(Handle, (nuint)index, null, 0, &count, &error), &error);
        var values = new double[(int)count];
        fixed (double* to = values)
            Call.Check(NativeMethods.fv_metrics_class_values(Handle, (nuint)index, to, count, &count, &error), &error);
        return values;
    }

    /// <summary>How often each class was taken for each; of a single output, "no" and "yes".</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: the options did not ask for it.</exception>
    public ConfusionMatrix Confusion()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_metrics_confusion(Handle, null, 0, &count, &error), &error);
        var counts = new long[(int)count];
        fixed (long* to = counts)
            Call.Check(NativeMethods.fv_metrics_confusion(Handle, to, count, &count, &error), &error);
        return new ConfusionMatrix(_side, counts);
    }

    private static MetricsHandle Create(Context context, int classes, IReadOnlyList<Metric> metrics, MetricsOptions? options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(metrics);
        using var memory = new CallMemory();
        var desc = new fv_metrics_desc
        {
            struct_size = (uint)sizeof(fv_metrics_desc),
            ignore = Call.Flag(options?.Ignore is not null),
            ignore_label = options?.Ignore ?? 0,
            confusion = Call.Flag(options?.Confusion ?? false),
            classes = classes,
            metrics = Metric.Native(metrics, memory),
            metric_count = (nuint)metrics.Count,
            rows = options?.Rows ?? 0,
            confusion_threshold = options?.ConfusionThreshold ?? 0,
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_metrics_create(context.Handle, &desc, &made, &error);
        return Call.Check(status, &error, new MetricsHandle(made));
    }
}
