namespace Fovea;

/// <summary>How parameters follow their gradients; the formulas stand in optimizer.h.</summary>
public enum Optimizer
{
    /// <summary>Stochastic gradient descent, with momentum if one is given. Rate 0.01.</summary>
    Sgd = NativeMethods.FV_OPT_SGD,

    /// <summary>Adam: Kingma and Ba 2015, algorithm 1. Rate 0.001.</summary>
    Adam = NativeMethods.FV_OPT_ADAM,

    /// <summary>AdaGrad: Duchi et al. 2011. Rate 0.01.</summary>
    Adagrad = NativeMethods.FV_OPT_ADAGRAD,

    /// <summary>RMSprop: Tieleman and Hinton 2012. Rate 0.01.</summary>
    Rmsprop = NativeMethods.FV_OPT_RMSPROP,

    /// <summary>AdaDelta: Zeiler 2012. Rate 1.</summary>
    Adadelta = NativeMethods.FV_OPT_ADADELTA,

    /// <summary>Adamax: Kingma and Ba 2015, algorithm 2. Rate 0.002.</summary>
    Adamax = NativeMethods.FV_OPT_ADAMAX,

    /// <summary>Adam with Nesterov's momentum: Dozat 2016. Rate 0.002.</summary>
    Nadam = NativeMethods.FV_OPT_NADAM,

    /// <summary>The sign of the momentum: Chen et al. 2023. Rate 0.0001.</summary>
    Lion = NativeMethods.FV_OPT_LION,

    /// <summary>Momentum with a rate for each kernel: You et al. 2017. Rate 0.01, momentum 0.9.</summary>
    Lars = NativeMethods.FV_OPT_LARS,

    /// <summary>Adam with a rate for each kernel: You et al. 2020. Rate 0.001.</summary>
    Lamb = NativeMethods.FV_OPT_LAMB,

    /// <summary>Adam with a weight decay of 0.01: Loshchilov and Hutter 2019. Rate 0.001.</summary>
    Adamw = NativeMethods.FV_OPT_ADAMW,
}

/// <summary>What an optimizer has beside the options of <see cref="TrainerOptions"/>; null is its default.</summary>
public sealed record OptimizerOptions
{
    /// <summary>SGD.</summary>
    public double Dampening { get; init; }

    /// <summary>RMSprop, AdaDelta.</summary>
    public double? Rho { get; init; }

    /// <summary>NAdam.</summary>
    public double? MomentumDecay { get; init; }

    /// <summary>LARS.</summary>
    public double? TrustCoefficient { get; init; }

    /// <summary>Beside the gradient: w -= rate WeightDecay w, before the step. What is part of the gradient is
    /// <see cref="TrainerOptions.L2"/>.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Each gradient to [-ClipValue, ClipValue]; 0: none.</summary>
    public double ClipValue { get; init; }

    /// <summary>The gradient of each parameter to that norm; 0: none.</summary>
    public double ClipNorm { get; init; }

    /// <summary>All gradients together to that norm; 0: none.</summary>
    public double ClipGlobalNorm { get; init; }

    /// <summary>SGD: the rate stands inside the velocity.</summary>
    public bool RateInVelocity { get; init; }

    /// <summary>Adam: the largest second moment so far.</summary>
    public bool Amsgrad { get; init; }

    /// <summary>RMSprop: the variance in place of the second moment.</summary>
    public bool Centered { get; init; }

    /// <summary>The Adam family but NAdam.</summary>
    public bool NoBiasCorrection { get; init; }

    /// <summary>sqrt(v + epsilon) in place of sqrt(v) + epsilon.</summary>
    public bool EpsilonInside { get; init; }

    /// <summary>Weight decay leaves biases, scales and shifts alone.</summary>
    public bool DecayKernelsOnly { get; init; }
}

/// <summary>What a parameter is put back to after each step; a norm is that of all weights into one unit or filter.</summary>
public enum Constraint
{
    /// <summary>Nothing.</summary>
    None = NativeMethods.FV_CONSTRAINT_NONE,

    /// <summary>At most <see cref="ParameterGroup.MaxNorm"/>.</summary>
    MaxNorm = NativeMethods.FV_CONSTRAINT_MAX_NORM,

    /// <summary>A norm of 1.</summary>
    UnitNorm = NativeMethods.FV_CONSTRAINT_UNIT_NORM,

    /// <summary>Nothing below 0.</summary>
    NonNegative = NativeMethods.FV_CONSTRAINT_NON_NEGATIVE,

    /// <summary><see cref="ParameterGroup.MinNorm"/> to <see cref="ParameterGroup.MaxNorm"/>.</summary>
    MinMaxNorm = NativeMethods.FV_CONSTRAINT_MIN_MAX_NORM,
}

/// <summary>Parameters by name, and what is special about them. A parameter belongs to the last group whose pattern it
/// has.</summary>
public sealed record ParameterGroup
{
    /// <summary>A group that changes nothing.</summary>
    public ParameterGroup()
    {
    }

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    internal unsafe ParameterGroup(in fv_group_desc native)
    {
        Parameters = Call.Text(native.parameters);
        Frozen = native.frozen != 0;
        LearningRate = Call.Given(native.learning_rate) ?? 1;
        WeightDecay = Call.Given(native.weight_decay) ?? 1;
        L1 = native.l1;
        L2 = native.l2;
        Constraint = (Constraint)native.constraint;
        MinNorm = native.min_norm;
        MaxNorm = Call.Given(native.max_norm) ?? 1;
    }

    /// <summary>For whole names; * is any text, ? one character: "conv1.*".</summary>
    public required string Parameters { get; init; }

    /// <summary>Neither steps nor decay.</summary>
    public bool Frozen { get; init; }

    /// <summary>Factor of the rate.</summary>
    public double LearningRate { get; init; } = 1;

    /// <summary>Factor of the weight decay.</summary>
    public double WeightDecay { get; init; } = 1;

    /// <summary>L1 times the sum of |w| in the loss.</summary>
    public double L1 { get; init; }

    /// <summary>L2 / 2 times the sum of squares in the loss.</summary>
    public double L2 { get; init; }

    /// <summary>After each step.</summary>
    public Constraint Constraint { get; init; }

    /// <summary>Of the constraint.</summary>
    public double MinNorm { get; init; }

    /// <summary>Of the constraint.</summary>
    public double MaxNorm { get; init; } = 1;

    internal unsafe fv_group_desc* Native(CallMemory memory) => memory.Value(new fv_group_desc
    {
        struct_size = (uint)sizeof(fv_group_desc),
        parameters = memory.Required(Parameters),
        frozen = Call.Flag(Frozen),
        learning_rate = Call.Number(LearningRate),
        weight_decay = Call.Number(WeightDecay),
        l1 = L1,
        l2 = L2,
        constraint = (int)Constraint,
        min_norm = MinNorm,
        max_norm = Call.Number(MaxNorm),
    });
}

/// <summary>How the weights are averaged over the training.</summary>
public enum Averaging
{
    /// <summary>Not at all.</summary>
    None = NativeMethods.FV_AVERAGE_NONE,

    /// <summary>a = decay a + (1 - decay) w.</summary>
    Exponential = NativeMethods.FV_AVERAGE_EXPONENTIAL,

    /// <summary>The mean of all: stochastic weight averaging.</summary>
    Equal = NativeMethods.FV_AVERAGE_EQUAL,
}

/// <summary>An average of the weights, which <see cref="Trainer.AveragedModel"/> gives out.</summary>
public sealed record WeightAverage
{
    /// <summary>Which one.</summary>
    public required Averaging Averaging { get; init; }

    /// <summary>Exponential; null: 0.999.</summary>
    public double? Decay { get; init; }

    /// <summary>Steps before.</summary>
    public long Start { get; init; }

    /// <summary>Every so many steps; 0: 1.</summary>
    public long Period { get; init; }

    internal unsafe fv_average_desc* Native(CallMemory memory) => memory.Value(new fv_average_desc
    {
        struct_size = (uint)sizeof(fv_average_desc),
        averaging = (int)Averaging,
        decay = Call.Number(Decay),
        start = Start,
        period = Period,
    });
}

/// <summary>Mixup and cutmix: batches whose samples are blended with their neighbours.</summary>
public sealed record Mix
{
    /// <summary>Alpha of mixup; 0: none.</summary>
    public double Mixup { get; init; }

    /// <summary>Alpha of cutmix; 0: none.</summary>
    public double Cutmix { get; init; }

    /// <summary>Of mixing a batch.</summary>
    public double Probability { get; init; } = 1;

    internal unsafe fv_mix_desc* Native(CallMemory memory) => memory.Value(new fv_mix_desc
    {
        struct_size = (uint)sizeof(fv_mix_desc),
        mixup = Mixup,
        cutmix = Cutmix,
        probability = Call.Number(Probability),
    });
}

/// <summary>How <see cref="Trainer.FindRate"/> goes.</summary>
public sealed record RateRangeOptions
{
    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>Of the first step.</summary>
    public double Lowest { get; init; } = 1e-7;

    /// <summary>Of the last.</summary>
    public double Highest { get; init; } = 10;

    /// <summary>10 or more.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>What the smoothed loss keeps of itself in each step.</summary>
    public double Smoothing { get; init; } = 0.98;

    /// <summary>It ends early when the smoothed loss is this times its lowest.</summary>
    public double Divergence { get; init; } = 4;
}

/// <summary>One batch of <see cref="Trainer.FindRate"/>.</summary>
public readonly record struct RatePoint(double Rate, double Loss, double Smoothed);

/// <summary>What <see cref="Trainer.FindRate"/> has found.</summary>
/// <param name="Suggested">What to train with; NaN: the loss never falls.</param>
/// <param name="LowestLoss">The rate of the lowest smoothed loss.</param>
/// <param name="Points">One for each batch.</param>
public sealed record FoundRate(double Suggested, double LowestLoss, IReadOnlyList<RatePoint> Points);

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Trains a copy of the model with a rate that rises from batch to batch, and watches the loss. The trainer stays as
    /// it is.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public FoundRate FindRate(Dataset data, RateRangeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new RateRangeOptions();
        var desc = new fv_rate_range_desc
        {
            struct_size = (uint)sizeof(fv_rate_range_desc),
            batch_size = options.BatchSize,
            lowest = Call.Number(options.Lowest),
            highest = Call.Number(options.Highest),
            steps = options.Steps,
            smoothing = Call.Number(options.Smoothing),
            divergence = Call.Number(options.Divergence),
        };
        var points = new fv_rate_point[Math.Max(options.Steps, 0)];
        var range = new fv_rate_range { struct_size = (uint)sizeof(fv_rate_range) };
        nuint count;
        fv_error error;
        using var turn = TakeTurn();
        fixed (fv_rate_point* to = points)
            Call.Check(NativeMethods.fv_trainer_find_rate(Handle, data.Handle, &desc, &range, to, (nuint)points.Length, &count,
                &error), &error);
        var found = points.Take((int)count).Select(p => new RatePoint(p.rate, p.loss, p.smoothed)).ToArray();
        return new FoundRate(range.suggested, range.lowest_loss, found);
    }

    /// <summary>The optimizer; of a checkpoint too.</summary>
    public Optimizer Optimizer => (Optimizer)NativeOptimizer().optimizer;

    /// <summary>Its rate before the schedule.</summary>
    public double BaseLearningRate => NativeOptimizer().learning_rate is var rate && rate == NativeMethods.FV_ZERO ? 0 : rate;

    /// <summary>Other groups from the next step on, as for freezing and gradual unfreezing.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>: a pattern that no parameter has.</exception>
    public void SetGroups(params IReadOnlyList<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        using var turn = TakeTurnToTrain();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_set_groups(Handle, NativeGroups(groups, memory), (nuint)groups.Count, &error),
            &error);
    }

    /// <summary>Another schedule from the next step on; null: the rate stays.</summary>
    public void SetSchedule(Schedule? schedule)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_set_schedule(Handle, schedule is null ? null : schedule.Native(memory), &error),
            &error);
    }

    /// <summary>The schedule with all its numbers, from a checkpoint too.</summary>
    public Schedule Schedule
    {
        get
        {
            using var turn = TakeTurn();
            var desc = new fv_schedule_desc { struct_size = (uint)sizeof(fv_schedule_desc) };
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_get_schedule(Handle, &desc, &error), &error);
            return new Schedule(desc);
        }
    }

    /// <summary>The groups, from a checkpoint too.</summary>
    public ParameterGroup[] Groups()
    {
        var groups = new ParameterGroup[NativeInfo().groups];
        using var turn = TakeTurn();
        for (var i = 0; i < groups.Length; ++i)
        {
            var desc = new fv_group_desc { struct_size = (uint)sizeof(fv_group_desc) };
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_get_group(Handle, i, &desc, &error), &error);
            groups[i] = new ParameterGroup(desc);
        }
        return groups;
    }

    /// <summary>How the weights are averaged, from a checkpoint too; null: not at all.</summary>
    public WeightAverage? Average
    {
        get
        {
            using var turn = TakeTurn();
            var desc = new fv_average_desc { struct_size = (uint)sizeof(fv_average_desc) };
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_get_average(Handle, &desc, &error), &error);
            if (desc.averaging == NativeMethods.FV_AVERAGE_NONE) return null;
            return new WeightAverage
            {
                Averaging = (Averaging)desc.averaging,
                Decay = Call.Given(desc.decay),
                Start = desc.start,
                Period = desc.period,
            };
        }
    }

    /// <summary>A new model with the averaged weights.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>: there are none yet.</exception>
    public Model AveragedModel()
    {
        using var turn = TakeTurn();
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_trainer_averaged_model(Handle, &made, &error);
        return new Model(Call.Check(status, &error, new ModelHandle(made)));
    }

    private static fv_group_desc** NativeGroups(IReadOnlyList<ParameterGroup> groups, CallMemory memory)
    {
        if (groups.Count == 0) return null;
        var native = (fv_group_desc**)memory.Array<nint>(groups.Count);
        for (var i = 0; i < groups.Count; ++i) native[i] = groups[i].Native(memory);
        return native;
    }

    private fv_optimizer_desc NativeOptimizer()
    {
        using var turn = TakeTurn();
        var desc = new fv_optimizer_desc { struct_size = (uint)sizeof(fv_optimizer_desc) };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_get_optimizer(Handle, &desc, &error), &error);
        return desc;
    }

    private static fv_optimizer_desc* NativeOptimizer(TrainerOptions options, CallMemory memory)
    {
        var more = options.OptimizerOptions ?? new OptimizerOptions();
        return memory.Value(new fv_optimizer_desc
        {
            struct_size = (uint)sizeof(fv_optimizer_desc),
            optimizer = (int)options.Optimizer,
            learning_rate = Call.Number(options.LearningRate),
            momentum = Call.Number(options.Momentum),
            dampening = more.Dampening,
            beta1 = Call.Number(options.Beta1),
            beta2 = Call.Number(options.Beta2),
            rho = Call.Number(more.Rho),
            epsilon = Call.Number(options.Epsilon),
            momentum_decay = Call.Number(more.MomentumDecay),
            trust_coefficient = Call.Number(more.TrustCoefficient),
            weight_decay = Call.Number(more.WeightDecay),
            clip_value = more.ClipValue,
            clip_norm = more.ClipNorm,
            clip_global_norm = more.ClipGlobalNorm,
            nesterov = Call.Flag(options.Nesterov),
            rate_in_velocity = Call.Flag(more.RateInVelocity),
            amsgrad = Call.Flag(more.Amsgrad),
            centered = Call.Flag(more.Centered),
            no_bias_correction = Call.Flag(more.NoBiasCorrection),
            epsilon_inside = Call.Flag(more.EpsilonInside),
            decay_kernels_only = Call.Flag(more.DecayKernelsOnly),
        });
    }
}
