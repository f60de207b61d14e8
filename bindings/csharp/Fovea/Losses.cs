namespace Fovea;

/// <summary>Losses, each by default the mean over the samples of the batch.</summary>
public enum Loss
{
    /// <summary>Of logits, against a label or a target distribution: -sum_k t_k log softmax(x)_k.</summary>
    SoftmaxCrossEntropy = NativeMethods.FV_LOSS_SOFTMAX_CROSS_ENTROPY,

    /// <summary>Mean over the elements of (x - t)^2; a label counts as its one-hot vector, here and below.</summary>
    MeanSquaredError = NativeMethods.FV_LOSS_MEAN_SQUARED_ERROR,

    /// <summary>Of logits: mean of log(1 + exp(x)) - t x.</summary>
    BinaryCrossEntropy = NativeMethods.FV_LOSS_BINARY_CROSS_ENTROPY,

    /// <summary>That, times (1 - p)^gamma and the weight alpha, p the probability given to the target.</summary>
    Focal = NativeMethods.FV_LOSS_FOCAL,

    /// <summary>L1: mean of |x - t|.</summary>
    MeanAbsoluteError = NativeMethods.FV_LOSS_MEAN_ABSOLUTE_ERROR,

    /// <summary>Mean of e^2 / 2 where |e| is below delta, else delta (|e| - delta / 2).</summary>
    Huber = NativeMethods.FV_LOSS_HUBER,

    /// <summary>That / delta.</summary>
    SmoothL1 = NativeMethods.FV_LOSS_SMOOTH_L1,

    /// <summary>Of log-probabilities: sum of t (log t - x).</summary>
    KlDivergence = NativeMethods.FV_LOSS_KL_DIVERGENCE,

    /// <summary>Sum over the other classes of max(0, x_j - x_label + margin); labels only.</summary>
    Hinge = NativeMethods.FV_LOSS_HINGE,

    /// <summary>1 - the cosine of the angle between x and t.</summary>
    Cosine = NativeMethods.FV_LOSS_COSINE,

    /// <summary>None: the host gives the gradient of the outputs.</summary>
    HostGradient = NativeMethods.FV_LOSS_HOST_GRADIENT,

    /// <summary>One of the host's: see <see cref="LossOptions.Custom"/>.</summary>
    Custom = NativeMethods.FV_LOSS_CUSTOM,
}

/// <summary>How the losses of a batch's samples become one number.</summary>
public enum Reduction
{
    /// <summary>Their weighted mean.</summary>
    Mean = NativeMethods.FV_REDUCE_MEAN,

    /// <summary>Their weighted sum, over the elements too.</summary>
    Sum = NativeMethods.FV_REDUCE_SUM,
}

/// <summary>A loss with its options; those of other losses stay as they are.</summary>
public sealed record LossOptions
{
    /// <summary>The defaults of a loss.</summary>
    public LossOptions()
    {
    }

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    internal unsafe LossOptions(in fv_loss_desc native)
    {
        static double? Given(double value) => value == 0 ? null : value == NativeMethods.FV_ZERO ? 0 : value;
        Loss = (Loss)native.loss;
        Output = native.output == null ? null : Call.Text(native.output);
        Weight = Given(native.weight) ?? 1;
        Reduction = (Reduction)native.reduction;
        Ignore = native.ignore == 0 ? null : native.ignore_label;
        Squared = native.squared != 0;
        LabelSmoothing = native.label_smoothing;
        ClassWeights = new ReadOnlySpan<double>(native.class_weights, (int)native.class_count).ToArray();
        PositiveWeights = new ReadOnlySpan<double>(native.positive_weights, (int)native.positive_count).ToArray();
        Delta = Given(native.delta);
        Gamma = Given(native.gamma);
        Alpha = Given(native.alpha);
        Margin = Given(native.margin);
        Custom = native.custom == null ? null : Call.Text(native.custom);
    }

    /// <summary>Which one.</summary>
    public required Loss Loss { get; init; }

    /// <summary>The node that it is on; null: the model's output of the same number.</summary>
    public string? Output { get; init; }

    /// <summary>In the sum of several losses.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Over the batch.</summary>
    public Reduction Reduction { get; init; }

    /// <summary>Softmax cross-entropy, hinge: samples with this label count nothing.</summary>
    public int? Ignore { get; init; }

    /// <summary>Hinge: of the squares.</summary>
    public bool Squared { get; init; }

    /// <summary>Softmax cross-entropy, 0 to 1.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Softmax cross-entropy: one for each class; empty: 1.</summary>
    public IReadOnlyList<double> ClassWeights { get; init; } = [];

    /// <summary>Binary cross-entropy: how much a one counts, for each place of the last axis; empty: 1.</summary>
    public IReadOnlyList<double> PositiveWeights { get; init; } = [];

    /// <summary>Huber, smooth L1; null: 1.</summary>
    public double? Delta { get; init; }

    /// <summary>Focal; null: 2.</summary>
    public double? Gamma { get; init; }

    /// <summary>Focal; null: 0.25; negative: no weighting.</summary>
    public double? Alpha { get; init; }

    /// <summary>Hinge; null: 1.</summary>
    public double? Margin { get; init; }

    /// <summary><see cref="Loss.Custom"/>: the name that it was registered under.</summary>
    public string? Custom { get; init; }

    internal unsafe fv_loss_desc* Native(CallMemory memory)
    {
        double* Copied(IReadOnlyList<double> values)
        {
            if (values.Count == 0) return null;
            var copy = memory.Array<double>(values.Count);
            for (var i = 0; i < values.Count; ++i) copy[i] = values[i];
            return copy;
        }
        return memory.Value(new fv_loss_desc
        {
            struct_size = (uint)sizeof(fv_loss_desc),
            loss = (int)Loss,
            output = memory.Text(Output),
            weight = Call.Number(Weight),
            reduction = (int)Reduction,
            ignore = Call.Flag(Ignore is not null),
            ignore_label = Ignore ?? 0,
            squared = Call.Flag(Squared),
            label_smoothing = LabelSmoothing,
            class_weights = Copied(ClassWeights),
            class_count = (nuint)ClassWeights.Count,
            positive_weights = Copied(PositiveWeights),
            positive_count = (nuint)PositiveWeights.Count,
            delta = Call.Number(Delta),
            gamma = Call.Number(Gamma),
            alpha = Call.Number(Alpha),
            margin = Call.Number(Margin),
            custom = memory.Text(Custom),
        });
    }
}

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// One optimizer step on a batch with one target for every loss or one for each, and weights of its samples.
    /// </summary>
    /// <returns>The weighted sum of the losses, penalties included.</returns>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public double StepBatch(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, Tensor? sampleWeights = null) =>
        HostBatch(&NativeMethods.fv_trainer_step_batch, inputs, targets, sampleWeights);

    /// <summary>The first half of <see cref="StepBatch"/>; the second is <see cref="Apply"/>.</summary>
    /// <inheritdoc cref="StepBatch"/>
    public double BackwardBatch(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, Tensor? sampleWeights = null) =>
        HostBatch(&NativeMethods.fv_trainer_backward_batch, inputs, targets, sampleWeights);

    /// <summary>Loss <paramref name="index"/> with its options, from a checkpoint too.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: there is none.</exception>
    public LossOptions LossAt(int index)
    {
        using var turn = TakeTurn();
        var desc = new fv_loss_desc { struct_size = (uint)sizeof(fv_loss_desc) };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_get_loss(Handle, index, &desc, &error), &error);
        return new LossOptions(desc);
    }

    /// <summary>The value of each loss on the last batch, without its weight and without penalties; NaN before it.</summary>
    public double[] LossValues()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_trainer_loss_values(Handle, null, 0, &count, &error), &error);
        var values = new double[(int)count];
        fixed (double* first = values)
            Call.Check(NativeMethods.fv_trainer_loss_values(Handle, first, count, &count, &error), &error);
        return values;
    }

    /// <summary>With <see cref="Loss.HostGradient"/>: runs forward in training mode and gives out the model's outputs.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public void Forward(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<TensorBuffer> outputs)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var from = Pinned(inputs, memory);
        var to = memory.Array<fv_buffer>(outputs.Length);
        for (var i = 0; i < outputs.Length; ++i) to[i] = memory.Pin(outputs[i]);
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_forward(Handle, from, (nuint)inputs.Length, to, (nuint)outputs.Length, &error),
            &error);
        for (var i = 0; i < outputs.Length; ++i) outputs[i].Shape = Shape.From(to[i].shape, to[i].rank);
    }

    /// <summary>The way back from <see cref="Forward"/>, from the gradient of each output on; then <see cref="Apply"/>.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public void BackwardFrom(ReadOnlySpan<Tensor> gradients)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_error error;
        var from = Pinned(gradients, memory);
        Call.Check(NativeMethods.fv_trainer_backward_from(Handle, from, (nuint)gradients.Length, &error), &error);
    }

    private static fv_tensor* Pinned(ReadOnlySpan<Tensor> tensors, CallMemory memory)
    {
        var pinned = memory.Array<fv_tensor>(tensors.Length);
        for (var i = 0; i < tensors.Length; ++i) pinned[i] = memory.Pin(tensors[i]);
        return pinned;
    }

    private double HostBatch(delegate*<TrainerHandle, fv_batch*, double*, fv_error*, int> function,
        ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> targets, Tensor? sampleWeights)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var batch = new fv_batch
        {
            struct_size = (uint)sizeof(fv_batch),
            inputs = Pinned(inputs, memory),
            input_count = (nuint)inputs.Length,
            targets = Pinned(targets, memory),
            target_count = (nuint)targets.Length,
            sample_weights = sampleWeights is null ? null : Pinned([sampleWeights], memory),
        };
        double loss;
        fv_error error;
        Call.Check(function(Handle, &batch, &loss, &error), &error);
        return loss;
    }
}
