namespace Fovea;

/// <content>Steps, feeds and fits.</content>
public sealed unsafe partial class Trainer
{
    /// <summary>
    /// One optimizer step on a batch: <paramref name="input"/> is whole samples in a row, <paramref name="labels"/> has one
    /// label for each. Nothing is copied or allocated on the way.
    /// </summary>
    /// <returns>The batch's mean loss, penalties included.</returns>
    /// <exception cref="ArgumentException">The input is no whole number of samples, or there are not as many
    /// labels.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a label out of range;
    /// <see cref="ErrorCode.Busy"/>: a session is running on the model.</exception>
    public double Step(ReadOnlySpan<float> input, ReadOnlySpan<int> labels) => Step<float, int>(input, labels);

    /// <summary>
    /// Likewise from <see cref="byte"/>, <see cref="float"/> or <see cref="double"/>; <paramref name="target"/> is labels
    /// (<see cref="int"/> or <see cref="long"/>), or targets of the output's shape (<see cref="float"/> or
    /// <see cref="double"/>).
    /// </summary>
    /// <inheritdoc cref="Step(ReadOnlySpan{float}, ReadOnlySpan{int})"/>
    public double Step<TInput, TTarget>(ReadOnlySpan<TInput> input, ReadOnlySpan<TTarget> target)
        where TInput : unmanaged where TTarget : unmanaged =>
        OnBatch(&NativeMethods.fv_trainer_step, input, target);

    /// <summary>One optimizer step on one tensor for each of the model's inputs, [batch][...].</summary>
    /// <inheritdoc cref="Step(ReadOnlySpan{float}, ReadOnlySpan{int})"/>
    public double Step(ReadOnlySpan<Tensor> inputs, Tensor target) =>
        OnBatch(&NativeMethods.fv_trainer_step, inputs, target);

    /// <summary>
    /// The first half of a step: forward and backward, which leaves the gradients in the trainer, to be read or replaced,
    /// for instance averaged over machines. <see cref="Apply"/> is the other half.
    /// </summary>
    /// <inheritdoc cref="Step{TInput, TTarget}"/>
    public double Backward<TInput, TTarget>(ReadOnlySpan<TInput> input, ReadOnlySpan<TTarget> target)
        where TInput : unmanaged where TTarget : unmanaged =>
        OnBatch(&NativeMethods.fv_trainer_backward, input, target);

    /// <inheritdoc cref="Backward{TInput, TTarget}"/>
    public double Backward(ReadOnlySpan<Tensor> inputs, Tensor target) =>
        OnBatch(&NativeMethods.fv_trainer_backward, inputs, target);

    /// <summary>The optimizer, with the gradients that are there.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: there are none.</exception>
    public void Apply()
    {
        using var turn = TakeTurnToTrain();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_apply(Handle, &error), &error);
    }

    /// <summary>
    /// Gives the trainer the data that <see cref="Next"/> steps through. A trainer that stands inside an epoch goes on
    /// there, and refuses another dataset or other options; one that was loaded refuses another dataset.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Mismatch"/>.</exception>
    public void Feed(Dataset dataset, FeedOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using var turn = TakeTurnToTrain();
        var desc = new fv_feed_desc
        {
            struct_size = (uint)sizeof(fv_feed_desc),
            batch_size = options?.BatchSize ?? 0,
            no_shuffle = Call.Flag(options?.NoShuffle ?? false),
            drop_last = Call.Flag(options?.DropLast ?? false),
            workers = options?.Workers ?? 0,
            prefetch = options?.Prefetch ?? 0,
        };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_feed(Handle, dataset.Handle, &desc, &error), &error);
    }

    /// <summary>Lets go of the dataset and ends its workers; the training stays where it stands.</summary>
    public void EndFeed()
    {
        using var turn = TakeTurnToTrain();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_end_feed(Handle, &error), &error);
    }

    /// <summary>Trains on the next batch of the feed.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: there is no feed;
    /// <see cref="ErrorCode.Busy"/>.</exception>
    public TrainingProgress Next()
    {
        using var turn = TakeTurnToTrain();
        var progress = new fv_progress { struct_size = (uint)sizeof(fv_progress) };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_next(Handle, &progress, &error), &error);
        return new TrainingProgress(progress);
    }

    /// <summary>
    /// Trains for some epochs, measures loss and accuracy on <paramref name="validation"/> after each, and records the
    /// history. <paramref name="progress"/> hears of every batch on this thread.
    /// </summary>
    /// <returns>Why it ended.</returns>
    /// <exception cref="OperationCanceledException">The cancellation token was cancelled; the trainer can be saved or go
    /// on.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Cancelled"/>: the options' token or handler stopped it;
    /// <see cref="ErrorCode.Mismatch"/>: as <see cref="Feed"/>; others as steps and <see cref="Save"/>.</exception>
    public StopReason Fit(Dataset train, Dataset? validation = null, FitOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        options ??= new FitOptions();
        using var cancellation = new Cancellation(options.Cancel, cancellationToken);
        using var turn = TakeTurnToTrain();
        using var memory = new CallMemory();
        var state = new ProgressState(options.OnProgress, progress, options.Rate);
        var callbacks = options.Callbacks.Select(c => new CallbacksState(c, this)).ToArray();
        int reason;
        _fitting = true;
        try
        {
            var natives = (fv_callbacks_desc**)memory.Array<nint>(callbacks.Length);
            for (var i = 0; i < callbacks.Length; ++i) natives[i] = callbacks[i].Native(memory);
            var desc = new fv_fit_desc
            {
                struct_size = (uint)sizeof(fv_fit_desc),
                epochs = options.Epochs,
                batch_size = options.BatchSize,
                no_shuffle = Call.Flag(options.NoShuffle),
                drop_last = Call.Flag(options.DropLast),
                workers = options.Workers,
                prefetch = options.Prefetch,
                validate_average = Call.Flag(options.ValidateAverage),
                checkpoint_steps = options.CheckpointSteps,
                checkpoint_path = memory.Text(options.CheckpointPath),
                checkpoint_epochs = options.CheckpointEpochs,
                checkpoint_improved = Call.Flag(options.CheckpointImproved),
                keep_checkpoints = options.KeepCheckpoints,
                csv_path = memory.Text(options.CsvPath),
                jsonl_path = memory.Text(options.JsonLinesPath),
                log_steps = options.LogSteps,
                callbacks = natives,
                callback_count = (nuint)callbacks.Length,
                on_progress = ProgressState.Function,
                rate = options.Rate is null ? null : ProgressState.RateFunction,
                user = state.User,
                drop = HostState.DropFunction,
                cancel = cancellation.Native,
                stop = options.Stop is null ? null : options.Stop.Native(memory),
                best_path = memory.Text(options.BestPath),
                reason = &reason,
                metrics = Metric.Native(options.Metrics, memory),
                metric_count = (nuint)options.Metrics.Count,
            };
            fv_error error;
            var status = NativeMethods.fv_trainer_fit(Handle, train.Handle, validation?.Handle ?? DatasetHandle.None, &desc,
                &error);
            cancellation.Check(status, &error);
            return (StopReason)reason;
        }
        finally
        {
            _fitting = false;
            state.Drop();
            foreach (var each in callbacks) each.Drop();
        }
    }

    /// <summary>
    /// Likewise on a thread of its own. <see cref="Progress{T}"/> brings the reports to the caller's context; the options'
    /// handler is called on the thread that trains.
    /// </summary>
    /// <inheritdoc cref="Fit"/>
    public Task<StopReason> FitAsync(Dataset train, Dataset? validation = null, FitOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(() => Fit(train, validation, options, progress, cancellationToken), cancellationToken,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>
    /// The newest file that <see cref="Fit"/> has written for this <see cref="FitOptions.CheckpointPath"/>: the one with most
    /// steps.
    /// </summary>
    /// <returns>Null: there is none.</returns>
    public static string? FindCheckpoint(string checkpointPath)
    {
        using var memory = new CallMemory();
        var path = memory.Required(checkpointPath);
        fv_error error;
        nuint needed;
        var status = NativeMethods.fv_checkpoint_find(path, null, 0, &needed, &error);
        if (status == NativeMethods.FV_NOT_FOUND) return null;
        Call.Check(status, &error);
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_checkpoint_find(path, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    /// <summary>As <see cref="FoveaObject.TakeTurn"/>, but not from a callback of a fit.</summary>
    private Turn TakeTurnToTrain()
    {
        var turn = TakeTurn();
        if (!_fitting) return turn;
        turn.Dispose();
        throw new InvalidOperationException("a progress callback must not step the trainer");
    }

    private double OnBatch<TInput, TTarget>(
        delegate*<TrainerHandle, fv_tensor*, nuint, fv_tensor*, double*, fv_error*, int> run,
        ReadOnlySpan<TInput> input, ReadOnlySpan<TTarget> target) where TInput : unmanaged where TTarget : unmanaged
    {
        using var turn = TakeTurnToTrain();
        var batch = Call.BatchOf(input.Length, _input, nameof(input));
        var perSample = DTypes.Of<TTarget>() is DType.F32 or DType.F64 ? _output : default;
        if (target.Length != batch * perSample.Elements)
            throw new ArgumentException($"{target.Length} values are no targets for {batch} samples", nameof(target));
        fixed (TInput* from = input)
        fixed (TTarget* to = target)
        {
            var samples = Call.Tensor(from, batch, _input);
            var targets = Call.Tensor(to, batch, perSample);
            fv_error error;
            double loss;
            Call.Check(run(Handle, &samples, 1, &targets, &loss, &error), &error);
            return loss;
        }
    }

    private double OnBatch(delegate*<TrainerHandle, fv_tensor*, nuint, fv_tensor*, double*, fv_error*, int> run,
        ReadOnlySpan<Tensor> inputs, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        using var turn = TakeTurnToTrain();
        using var memory = new CallMemory();
        var samples = memory.Array<fv_tensor>(inputs.Length);
        for (var i = 0; i < inputs.Length; ++i) samples[i] = memory.Pin(inputs[i]);
        var targets = memory.Pin(target);
        fv_error error;
        double loss;
        Call.Check(run(Handle, samples, (nuint)inputs.Length, &targets, &loss, &error), &error);
        return loss;
    }
}
