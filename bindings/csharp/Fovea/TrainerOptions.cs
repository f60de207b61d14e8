namespace Fovea;

/// <summary>How a <see cref="Trainer"/> trains.</summary>
public sealed record TrainerOptions
{
    /// <summary>On the model's first output; or <see cref="Losses"/>.</summary>
    public Loss Loss { get; init; }

    /// <summary>Instead of <see cref="Loss"/>: with options, or for several outputs, whose weighted sum is minimised.</summary>
    public IReadOnlyList<LossOptions> Losses { get; init; } = [];

    /// <summary>How parameters follow their gradients.</summary>
    public required Optimizer Optimizer { get; init; }

    /// <summary>Null: the optimizer's.</summary>
    public double? LearningRate { get; init; }

    /// <summary>SGD, RMSprop, LARS: from 0 up to but not 1; null: none, LARS 0.9.</summary>
    public double? Momentum { get; init; }

    /// <summary>SGD, LARS: Nesterov's form of momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>The Adam family, Lion; null: 0.9.</summary>
    public double? Beta1 { get; init; }

    /// <summary>Likewise; null: 0.999, Lion 0.99.</summary>
    public double? Beta2 { get; init; }

    /// <summary>Null: the optimizer's.</summary>
    public double? Epsilon { get; init; }

    /// <summary>What is less common.</summary>
    public OptimizerOptions? OptimizerOptions { get; init; }

    /// <summary>Null: the rate stays.</summary>
    public Schedule? Schedule { get; init; }

    /// <summary>Parameters that are treated otherwise than the others.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; init; } = [];

    /// <summary>Of the weights; null: none.</summary>
    public WeightAverage? Average { get; init; }

    /// <summary>So many batches make one step with the mean of their gradients; 0: 1.</summary>
    public int AccumulateSteps { get; init; }

    /// <summary>Mixup and cutmix; null: none.</summary>
    public Mix? Mix { get; init; }

    /// <summary>The learning rate is for steps on so many samples: one on B of them takes B / RateBatch times as much; 0: the
    /// rate is as it is.</summary>
    public int RateBatch { get; init; }

    /// <summary>On every kernel, L1 times the sum of |w|.</summary>
    public double L1 { get; init; }

    /// <summary>True: every L1 shrinks weights after each step, to exact zeros, instead of being part of the gradient.</summary>
    public bool ProximalL1 { get; init; }

    /// <summary>On every kernel, L2 / 2 times the sum of squares, beside the layers' own regularizers.</summary>
    public double L2 { get; init; }

    /// <summary>Of dropout and shuffling.</summary>
    public ulong Seed { get; init; }

    /// <summary>The first step takes memory for batches up to this, a larger one takes it anew; 0: for batches as large as
    /// the first.</summary>
    public int MaxBatch { get; init; }
}

/// <summary>How a dataset is cut into batches.</summary>
public sealed record FeedOptions
{
    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>The dataset's order; else another order in every epoch, drawn from the trainer's seed.</summary>
    public bool NoShuffle { get; init; }

    /// <summary>A last, smaller batch is left out.</summary>
    public bool DropLast { get; init; }

    /// <summary>
    /// Threads of the library's own that prepare batches ahead of the steps, up to 64; 0: none, each batch is prepared in its
    /// step by the context's threads.
    /// </summary>
    public int Workers { get; init; }

    /// <summary>Batches that wait ready beside those that workers are at, up to 64; 0: 2.</summary>
    public int Prefetch { get; init; }
}

/// <summary>What a training does next.</summary>
public enum FitControl
{
    /// <summary>It goes on.</summary>
    Continue = 0,

    /// <summary>It stops; the trainer can be saved or go on later.</summary>
    Stop = 1,
}

/// <summary>
/// Called between batches, on the thread that trains. It may read and save the trainer and change its rate; it must not
/// step it. What it throws stops the training and is thrown by the call that trains.
/// </summary>
public delegate FitControl ProgressHandler(TrainingProgress progress);

/// <summary>
/// Called before every batch with its epoch, the steps so far and the rate of now: the rate from now on. What it throws
/// stops the training and is thrown by the call that trains.
/// </summary>
public delegate double RateHandler(long epoch, long step, double rate);

/// <summary>
/// Called at the beginning and end of training, epochs and batches, on the thread that trains. It may read and save the
/// trainer and change its rate; it must not step it. What it throws stops the training and is thrown by the call that
/// trains. At the beginning of an epoch or batch the progress is about the batch to come.
/// </summary>
public abstract class TrainingCallbacks
{
    /// <summary>Once, when everything is ready.</summary>
    public virtual FitControl OnTrainBegin(Trainer trainer, TrainingProgress progress) => FitControl.Continue;

    /// <summary>Once if <see cref="OnTrainBegin"/> was called, whatever has ended the training.</summary>
    public virtual void OnTrainEnd(Trainer trainer, TrainingProgress progress)
    {
    }

    /// <summary>Also where the training goes on inside of an epoch.</summary>
    public virtual FitControl OnEpochBegin(Trainer trainer, TrainingProgress progress) => FitControl.Continue;

    /// <summary>After validation and history.</summary>
    public virtual FitControl OnEpochEnd(Trainer trainer, TrainingProgress progress) => FitControl.Continue;

    /// <summary>Before each batch.</summary>
    public virtual FitControl OnBatchBegin(Trainer trainer, TrainingProgress progress) => FitControl.Continue;

    /// <summary>After each batch, before the validation of the last one.</summary>
    public virtual FitControl OnBatchEnd(Trainer trainer, TrainingProgress progress) => FitControl.Continue;
}

/// <summary>How <see cref="Trainer.Fit"/> goes.</summary>
public sealed record FitOptions
{
    /// <summary>0: 1. In all: a trainer that has done 2 of 5 does 3 more.</summary>
    public int Epochs { get; init; }

    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>The dataset's order; else another order in every epoch, drawn from the trainer's seed.</summary>
    public bool NoShuffle { get; init; }

    /// <summary>A last, smaller batch is left out.</summary>
    public bool DropLast { get; init; }

    /// <summary>
    /// Threads of the library's own that prepare batches ahead of the steps, up to 64; 0: none, each batch is prepared in its
    /// step by the context's threads.
    /// </summary>
    public int Workers { get; init; }

    /// <summary>Batches that wait ready beside those that workers are at, up to 64; 0: 2.</summary>
    public int Prefetch { get; init; }

    /// <summary>What is validated, and saved in <see cref="BestPath"/>, is the average of the weights as soon as there is one.
    /// Not with <see cref="StopOptions.RestoreBest"/>.</summary>
    public bool ValidateAverage { get; init; }

    /// <summary>Where to save after each epoch; null: nowhere. In the file's name {epoch} stands for the epochs that are done,
    /// {step} for the steps so far.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Save every so many steps too; 0: only after epochs.</summary>
    public int CheckpointSteps { get; init; }

    /// <summary>Of the epochs only every so many-th is saved; 0: each.</summary>
    public int CheckpointEpochs { get; init; }

    /// <summary>Of these only one that is the best so far by the monitor of <see cref="Stop"/>.</summary>
    public bool CheckpointImproved { get; init; }

    /// <summary>When a newer file is safely on the disk, the oldest of this training beyond so many is removed; 0: all
    /// stay.</summary>
    public int KeepCheckpoints { get; init; }

    /// <summary>The training as a table, appended to where it goes on; null: none.</summary>
    public string? CsvPath { get; init; }

    /// <summary>The same as a JSON object in each line.</summary>
    public string? JsonLinesPath { get; init; }

    /// <summary>A row every so many steps too; 0: only after each epoch.</summary>
    public int LogSteps { get; init; }

    /// <summary>Each event goes to all of them, in this order.</summary>
    public IReadOnlyList<TrainingCallbacks> Callbacks { get; init; } = [];

    /// <summary>Called between batches.</summary>
    public ProgressHandler? OnProgress { get; init; }

    /// <summary>Called before every batch.</summary>
    public RateHandler? Rate { get; init; }

    /// <summary>Stops the training.</summary>
    public CancelToken? Cancel { get; init; }

    /// <summary>Null: when all epochs are done.</summary>
    public StopOptions? Stop { get; init; }

    /// <summary>Where the model of the best epoch is saved; needs <see cref="Stop"/>.</summary>
    public string? BestPath { get; init; }

    /// <summary>Measured in the training and on the validation, and recorded in the history's series under their names, and
    /// those with "val_" in front; empty: those that the trainer has.</summary>
    public IReadOnlyList<Metric> Metrics { get; init; } = [];
}

/// <summary>Why <see cref="Trainer.Fit"/> ended.</summary>
public enum StopReason
{
    /// <summary>All epochs are done.</summary>
    Epochs = NativeMethods.FV_STOP_EPOCHS,

    /// <summary>The monitored value has not improved for long enough.</summary>
    NoImprovement = NativeMethods.FV_STOP_NO_IMPROVEMENT,

    /// <summary>The loss of a batch was NaN or infinite.</summary>
    Nan = NativeMethods.FV_STOP_NAN,

    /// <summary>Training and validation loss went apart.</summary>
    Divergence = NativeMethods.FV_STOP_DIVERGENCE,

    /// <summary>The time is over.</summary>
    Time = NativeMethods.FV_STOP_TIME,
}

/// <summary>When <see cref="Trainer.Fit"/> ends before its epochs are done; 0 is any number. After each epoch this is decided
/// from the history alone.</summary>
public sealed record StopOptions
{
    /// <summary>What is watched.</summary>
    public Monitored Monitor { get; init; }

    /// <summary>Instead: a metric of <see cref="FitOptions.Metrics"/>, as "val_f1", or another value that is recorded in every
    /// epoch.</summary>
    public string? MonitorName { get; init; }

    /// <summary>Of such a value larger is better; of a metric that is known.</summary>
    public bool MonitorLarger { get; init; }

    /// <summary>Epochs in a row that are no better than the best so far by more than <see cref="MinDelta"/>.</summary>
    public long Patience { get; init; }

    /// <summary>Less is no improvement.</summary>
    public double MinDelta { get; init; }

    /// <summary>What must be beaten in the first epochs.</summary>
    public double? Baseline { get; init; }

    /// <summary>Epochs in a row in which the training loss falls and the validation loss rises by more than
    /// <see cref="DivergenceDelta"/>.</summary>
    public long Divergence { get; init; }

    /// <summary>Less is no rise.</summary>
    public double DivergenceDelta { get; init; }

    /// <summary>Since the training began.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>The model gets the parameters and state of its best epoch back.</summary>
    public bool RestoreBest { get; init; }

    /// <summary>A loss that is NaN or infinite does not end the training.</summary>
    public bool KeepNan { get; init; }

    internal unsafe fv_stop_desc* Native(CallMemory memory) => memory.Value(new fv_stop_desc
    {
        struct_size = (uint)sizeof(fv_stop_desc),
        monitor = (int)Monitor,
        patience = Patience,
        min_delta = MinDelta,
        baseline = Call.Number(Baseline),
        divergence = Divergence,
        divergence_delta = DivergenceDelta,
        seconds = Time.TotalSeconds,
        restore_best = Call.Flag(RestoreBest),
        keep_nan = Call.Flag(KeepNan),
        monitor_name = memory.Text(MonitorName),
        monitor_larger = Call.Flag(MonitorLarger),
    });
}

/// <summary>Where a training stands after a batch. What is not known is NaN.</summary>
public readonly record struct TrainingProgress
{
    internal TrainingProgress(in fv_progress native)
    {
        EpochEnded = native.epoch_ended != 0;
        Epoch = native.epoch;
        Epochs = native.epochs;
        Batch = native.batch;
        Batches = native.batches;
        Step = native.step;
        Samples = native.samples;
        Loss = native.loss;
        Accuracy = native.accuracy;
        BatchLoss = native.batch_loss;
        LearningRate = native.learning_rate;
        SamplesPerSecond = native.samples_per_second;
        SecondsLeft = native.seconds_left;
        Seconds = native.seconds;
        ValidationLoss = native.val_loss;
        ValidationAccuracy = native.val_accuracy;
    }

    /// <summary>Whether this was the last batch of an epoch.</summary>
    public bool EpochEnded { get; }

    /// <summary>Of this batch, from 0.</summary>
    public long Epoch { get; }

    /// <summary>As asked of <see cref="Trainer.Fit"/>, else 0.</summary>
    public long Epochs { get; }

    /// <summary>In the epoch, from 1.</summary>
    public long Batch { get; }

    /// <summary>In the epoch.</summary>
    public long Batches { get; }

    /// <summary>Optimizer steps so far.</summary>
    public long Step { get; }

    /// <summary>Seen in this epoch.</summary>
    public long Samples { get; }

    /// <summary>The mean over the epoch so far, penalties included.</summary>
    public double Loss { get; }

    /// <summary>Likewise, measured on the fly in training mode; NaN with targets.</summary>
    public double Accuracy { get; }

    /// <summary>Of this batch.</summary>
    public double BatchLoss { get; }

    /// <summary>Of this step.</summary>
    public double LearningRate { get; }

    /// <summary>Since the training began.</summary>
    public double SamplesPerSecond { get; }

    /// <summary>To the end of the last epoch.</summary>
    public double SecondsLeft { get; }

    /// <summary>Since the training began.</summary>
    public double Seconds { get; }

    /// <summary>Of the newest validation.</summary>
    public double ValidationLoss { get; }

    /// <summary>Of the newest validation.</summary>
    public double ValidationAccuracy { get; }
}

/// <summary>One epoch of a training's history. What was not measured is NaN.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="Loss">The mean over the epoch.</param>
/// <param name="Accuracy">Likewise.</param>
/// <param name="ValidationLoss">After the epoch.</param>
/// <param name="ValidationAccuracy">After the epoch.</param>
/// <param name="LearningRate">At the end of the epoch.</param>
public readonly record struct HistoryRow(long Epoch, double Loss, double Accuracy, double ValidationLoss,
    double ValidationAccuracy, double LearningRate)
{
    internal HistoryRow(in fv_history_row native) : this(native.epoch, native.loss, native.accuracy, native.val_loss,
        native.val_accuracy, native.learning_rate)
    {
    }

    internal fv_history_row Native() => new()
    {
        epoch = Epoch,
        loss = Loss,
        accuracy = Accuracy,
        val_loss = ValidationLoss,
        val_accuracy = ValidationAccuracy,
        learning_rate = LearningRate,
    };
}

/// <summary>What a trainer was created with and how far it is, from a checkpoint too.</summary>
/// <param name="AccumulateSteps">Batches that make a step.</param>
/// <param name="Accumulated">Batches since the last step.</param>
/// <param name="Averages">How often the average of the weights was taken.</param>
/// <param name="Seed">Of dropout and shuffling.</param>
/// <param name="L1">On every kernel.</param>
/// <param name="L2">On every kernel.</param>
/// <param name="Feed">Null: there was none.</param>
/// <param name="ProximalL1">Whether every L1 is a proximal step.</param>
/// <param name="RateBatch">Samples of a step that the rate is for; 0: any number.</param>
/// <param name="Mix">Null: batches stay as they are.</param>
public sealed record TrainerInfo(int AccumulateSteps, long Accumulated, long Averages, ulong Seed, double L1, double L2,
    FeedOptions? Feed, bool ProximalL1 = false, int RateBatch = 0, Mix? Mix = null);

/// <summary>Bytes that a training takes.</summary>
/// <param name="Parameters">Parameters and state, held by the model.</param>
/// <param name="Gradients">Of parameters.</param>
/// <param name="Optimizer">Moments.</param>
/// <param name="Arena">Activations and their gradients.</param>
/// <param name="Workspace">Packed weights, scratch, saved values.</param>
public readonly record struct TrainingMemory(long Parameters, long Gradients, long Optimizer, long Arena, long Workspace);
