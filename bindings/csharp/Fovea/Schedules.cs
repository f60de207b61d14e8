namespace Fovea;

/// <summary>The learning rate as a function of a time t; the formulas stand in schedule.h.</summary>
public enum ScheduleKind
{
    /// <summary>It stays.</summary>
    Constant = NativeMethods.FV_SCHEDULE_CONSTANT,

    /// <summary>Times gamma every period.</summary>
    Step = NativeMethods.FV_SCHEDULE_STEP,

    /// <summary>Times gamma at each milestone.</summary>
    MultiStep = NativeMethods.FV_SCHEDULE_MULTI_STEP,

    /// <summary>Times gamma^t.</summary>
    Exponential = NativeMethods.FV_SCHEDULE_EXPONENTIAL,

    /// <summary>Divided by 1 + gamma t / period.</summary>
    InverseTime = NativeMethods.FV_SCHEDULE_INVERSE_TIME,

    /// <summary>Down to the lowest as (1 - t / total)^power.</summary>
    Polynomial = NativeMethods.FV_SCHEDULE_POLYNOMIAL,

    /// <summary>Down to the lowest as half a cosine over the total.</summary>
    Cosine = NativeMethods.FV_SCHEDULE_COSINE,

    /// <summary>The same over periods that may grow.</summary>
    CosineRestarts = NativeMethods.FV_SCHEDULE_COSINE_RESTARTS,

    /// <summary>Up to the highest, then far down.</summary>
    OneCycle = NativeMethods.FV_SCHEDULE_ONE_CYCLE,

    /// <summary>Up and down between lowest and highest.</summary>
    Cyclic = NativeMethods.FV_SCHEDULE_CYCLIC,

    /// <summary>Times gamma when a monitored value has not improved for long enough.</summary>
    Plateau = NativeMethods.FV_SCHEDULE_PLATEAU,
}

/// <summary>What a plateau watches.</summary>
public enum Monitored
{
    /// <summary>Smaller is better.</summary>
    ValLoss = NativeMethods.FV_MONITOR_VAL_LOSS,

    /// <summary>Smaller is better.</summary>
    Loss = NativeMethods.FV_MONITOR_LOSS,

    /// <summary>Larger is better.</summary>
    ValAccuracy = NativeMethods.FV_MONITOR_VAL_ACCURACY,

    /// <summary>Larger is better.</summary>
    Accuracy = NativeMethods.FV_MONITOR_ACCURACY,
}

/// <summary>How later cycles differ from the first.</summary>
public enum CycleShape
{
    /// <summary>Not at all.</summary>
    Triangular = NativeMethods.FV_CYCLE_TRIANGULAR,

    /// <summary>Half as high each time.</summary>
    Triangular2 = NativeMethods.FV_CYCLE_TRIANGULAR2,

    /// <summary>Times gamma^t.</summary>
    Exponential = NativeMethods.FV_CYCLE_EXPONENTIAL,
}

/// <summary>The learning rate over the training. What a kind does not use stays as it is.</summary>
public sealed record Schedule
{
    /// <summary>The defaults of a schedule.</summary>
    public Schedule()
    {
    }

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    internal unsafe Schedule(in fv_schedule_desc native)
    {
        Kind = (ScheduleKind)native.schedule;
        PerStep = native.per_step != 0;
        Warmup = native.warmup;
        WarmupStart = native.warmup_start;
        Period = native.period;
        Total = native.total;
        Milestones = new ReadOnlySpan<long>(native.milestones, (int)native.milestone_count).ToArray();
        Gamma = Call.Given(native.gamma);
        Power = Call.Given(native.power);
        Lowest = native.lowest;
        Highest = native.highest;
        Growth = native.growth;
        Falling = native.falling;
        Rising = Call.Given(native.rising);
        StartDivisor = Call.Given(native.start_divisor);
        EndDivisor = Call.Given(native.end_divisor);
        Staircase = native.staircase != 0;
        Shape = (CycleShape)native.shape;
        Monitor = (Monitored)native.monitor;
        Patience = native.patience switch { 0 => null, -1 => 0, var epochs => epochs };
        Cooldown = native.cooldown;
        MinDelta = Call.Given(native.min_delta);
        MonitorName = native.monitor_name == null ? null : Call.Text(native.monitor_name);
        MonitorLarger = native.monitor_larger != 0;
        LowestMomentum = native.lowest_momentum;
        HighestMomentum = native.highest_momentum;
    }

    /// <summary>Which one.</summary>
    public required ScheduleKind Kind { get; init; }

    /// <summary>t counts steps, not epochs.</summary>
    public bool PerStep { get; init; }

    /// <summary>In front of it, straight up in so many t.</summary>
    public long Warmup { get; init; }

    /// <summary>The factor that the warm-up begins with.</summary>
    public double WarmupStart { get; init; }

    /// <summary>0: 1.</summary>
    public long Period { get; init; }

    /// <summary>Required for polynomial, cosine and one cycle.</summary>
    public long Total { get; init; }

    /// <summary>Of multi-step; rising.</summary>
    public IReadOnlyList<long> Milestones { get; init; } = [];

    /// <summary>Null: 0.1; exponential schedules and cycles need one.</summary>
    public double? Gamma { get; init; }

    /// <summary>Null: 1.</summary>
    public double? Power { get; init; }

    /// <summary>A rate.</summary>
    public double Lowest { get; init; }

    /// <summary>A rate; 0: the trainer's.</summary>
    public double Highest { get; init; }

    /// <summary>Of restarts' periods; 0: 1.</summary>
    public long Growth { get; init; }

    /// <summary>Of a cycle; 0: as the period.</summary>
    public long Falling { get; init; }

    /// <summary>The share of one cycle in which it rises; null: 0.3.</summary>
    public double? Rising { get; init; }

    /// <summary>One cycle; null: 25.</summary>
    public double? StartDivisor { get; init; }

    /// <summary>One cycle; null: 10,000.</summary>
    public double? EndDivisor { get; init; }

    /// <summary>Inverse time: in stairs.</summary>
    public bool Staircase { get; init; }

    /// <summary>Of cycles.</summary>
    public CycleShape Shape { get; init; }

    /// <summary>Plateau.</summary>
    public Monitored Monitor { get; init; }

    /// <summary>Plateau: epochs without improvement that are borne; null: 10.</summary>
    public long? Patience { get; init; }

    /// <summary>Plateau: epochs before it counts again.</summary>
    public long Cooldown { get; init; }

    /// <summary>Plateau: less is no improvement; null: 0.0001.</summary>
    public double? MinDelta { get; init; }

    /// <summary>Plateau: what it watches instead of <see cref="Monitor"/>: a metric, "val_f1", or another recorded
    /// value.</summary>
    public string? MonitorName { get; init; }

    /// <summary>Of such a value larger is better; of a metric that is known.</summary>
    public bool MonitorLarger { get; init; }

    /// <summary>One cycle and cyclic: the momentum (or beta1) where the rate is highest; with
    /// <see cref="HighestMomentum"/> 0: the optimizer's.</summary>
    public double LowestMomentum { get; init; }

    /// <summary>Where the rate is lowest.</summary>
    public double HighestMomentum { get; init; }

    /// <summary>The rate at an epoch and step, to look at a schedule before training with it.</summary>
    public unsafe double RateAt(double baseRate, long epoch, long step = 0)
    {
        using var memory = new CallMemory();
        fv_error error;
        double rate;
        Call.Check(NativeMethods.fv_schedule_rate(Native(memory), baseRate, epoch, step, &rate, &error), &error);
        return rate;
    }

    /// <summary>Likewise the momentum; null where the schedule leaves it to the optimizer.</summary>
    public unsafe double? MomentumAt(long epoch, long step = 0)
    {
        using var memory = new CallMemory();
        fv_error error;
        double momentum;
        Call.Check(NativeMethods.fv_schedule_momentum(Native(memory), epoch, step, &momentum, &error), &error);
        return double.IsNaN(momentum) ? null : momentum;
    }

    internal unsafe fv_schedule_desc* Native(CallMemory memory)
    {
        long* milestones = null;
        if (Milestones.Count > 0)
        {
            milestones = memory.Array<long>(Milestones.Count);
            for (var i = 0; i < Milestones.Count; ++i) milestones[i] = Milestones[i];
        }
        return memory.Value(new fv_schedule_desc
        {
            struct_size = (uint)sizeof(fv_schedule_desc),
            schedule = (int)Kind,
            per_step = Call.Flag(PerStep),
            staircase = Call.Flag(Staircase),
            warmup = Warmup,
            warmup_start = WarmupStart,
            period = Period,
            total = Total,
            milestones = milestones,
            milestone_count = (nuint)Milestones.Count,
            gamma = Call.Number(Gamma),
            power = Call.Number(Power),
            lowest = Lowest,
            highest = Highest,
            growth = Growth,
            falling = Falling,
            rising = Call.Number(Rising),
            start_divisor = Call.Number(StartDivisor),
            end_divisor = Call.Number(EndDivisor),
            shape = (int)Shape,
            monitor = (int)Monitor,
            patience = Patience switch { null => 0, 0 => -1, { } epochs => epochs },
            cooldown = Cooldown,
            min_delta = Call.Number(MinDelta),
            monitor_name = memory.Text(MonitorName),
            monitor_larger = Call.Flag(MonitorLarger),
            lowest_momentum = LowestMomentum,
            highest_momentum = HighestMomentum,
        });
    }
}
