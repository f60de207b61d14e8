namespace Fovea;

/// <summary>Works on all gradients at once, in place.</summary>
public delegate void GradientAction<T>(Span<T> gradients) where T : unmanaged;

/// <summary>
/// Optimizer, loss, position in the data and history, on top of a model. Everything that decides how training goes on is in
/// the trainer and in its checkpoint: after <see cref="Load"/> the same calls give the same bits as if the program had
/// never stopped. A model has at most one trainer at a time. One thread at a time; a second one is refused with
/// <see cref="ErrorCode.Busy"/>.
/// </summary>
public sealed unsafe partial class Trainer : FoveaObject
{
    private readonly Shape _input;
    private readonly Shape _output;
    private Model _model;
    private bool _fitting;
    private bool _viewed;

    private Trainer(TrainerHandle handle, Model model) : base(handle)
    {
        _model = model;
        _input = model.Inputs.Count == 1 ? model.Inputs[0].Shape : default;
        _output = model.Outputs[0].Shape;
    }

    /// <summary>A trainer of a model. Memory for steps is taken at the first one, or when a larger batch comes.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a number out of range, which the message
    /// names; <see cref="ErrorCode.Busy"/>: the model has a trainer.</exception>
    public Trainer(Model model, TrainerOptions options) : this(Create(model, options), model)
    {
    }

    internal TrainerHandle Handle => Alive<TrainerHandle>();

    /// <summary>
    /// The model that is being trained: the one that the trainer was made from, or, where there is none or it is disposed,
    /// a view of it. A view may be used as long as you like; the trainer's memory stays as long.
    /// </summary>
    public Model Model
    {
        get
        {
            var handle = Handle;
            if (!_model.IsDisposed) return _model;
            _viewed = true;
            return _model = new Model(new ModelHandle(handle));
        }
    }

    /// <summary>The (first) loss that is minimised.</summary>
    public Loss Loss => (Loss)NativeMethods.fv_trainer_loss(Handle);

    /// <summary>The rate of the next step, by the schedule; what is set is its base.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: negative or not finite.</exception>
    public double LearningRate
    {
        get
        {
            using var turn = TakeTurn();
            return NativeMethods.fv_trainer_learning_rate(Handle);
        }
        set
        {
            using var turn = TakeTurn();
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_set_learning_rate(Handle, value, &error), &error);
        }
    }

    /// <summary>
    /// Where training stands: what <see cref="Next"/> has told of the last batch, without the batch's loss, images per
    /// second and times. Before the first batch the epoch, batch, step and samples are 0, loss and accuracy NaN. Survives
    /// checkpoints.
    /// </summary>
    public TrainingProgress Progress
    {
        get
        {
            using var turn = TakeTurn();
            var progress = new fv_progress { struct_size = (uint)sizeof(fv_progress) };
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_get_progress(Handle, &progress, &error), &error);
            return new TrainingProgress(progress);
        }
    }

    /// <summary>Reads a checkpoint that <see cref="Save"/> has written, and makes its model too.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/>, <see cref="ErrorCode.Unsupported"/> (a newer version).</exception>
    public static Trainer Load(Context context, string path)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_trainer_load(context.Handle, memory.Required(path), &made, &error);
        return Own(Call.Check(status, &error, new TrainerHandle(made)));
    }

    /// <summary>A trainer that the library has made.</summary>
    internal static Trainer Own(TrainerHandle handle)
    {
        // A view for a moment, so that nothing but the program keeps the trainer.
        using var model = new Model(new ModelHandle(handle));
        return new Trainer(handle, model);
    }

    /// <summary>The native trainer, which is the caller's from now on; this one is disposed.</summary>
    internal nint GiveAway()
    {
        using var turn = TakeTurnToTrain();
        if (_viewed) throw new InvalidOperationException("a view of the trainer's model is in use");
        var handle = Handle;
        var native = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        Dispose();
        return native;
    }

    /// <summary>
    /// Writes the model's file with everything else that training needs: optimizer, step, position, seed, history. A crash
    /// leaves the old file or the new one. <see cref="Model.Load"/> opens it too.
    /// </summary>
    /// <inheritdoc cref="Model.Save" path="/exception"/>
    public void Save(string path)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_save(Handle, memory.Required(path), &error), &error);
    }

    /// <summary>Keeps a copy of the model's parameters and state, in the checkpoints from then on, in place of an earlier
    /// one.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Busy"/>.</exception>
    public void KeepWeights()
    {
        using var turn = TakeTurn();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_keep_weights(Handle, &error), &error);
    }

    /// <summary>Puts the copy back into the model.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/> (nothing was kept),
    /// <see cref="ErrorCode.Busy"/>.</exception>
    public void RestoreWeights()
    {
        using var turn = TakeTurn();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_restore_weights(Handle, &error), &error);
    }

    /// <summary>What the trainer was created with and how far it is, from a checkpoint too.</summary>
    public TrainerInfo Info
    {
        get
        {
            var native = NativeInfo();
            var feed = native.batch_size == 0 ? null : new FeedOptions
            {
                BatchSize = native.batch_size,
                NoShuffle = native.no_shuffle != 0,
                DropLast = native.drop_last != 0,
            };
            var mix = native.mixup == 0 && native.cutmix == 0 ? null : new Mix
            {
                Mixup = native.mixup,
                Cutmix = native.cutmix,
                Probability = native.mix_probability,
            };
            return new TrainerInfo(native.accumulate_steps, native.accumulated, native.averages, native.seed,
                native.l1, native.l2, feed, native.proximal_l1 != 0, native.rate_batch, mix);
        }
    }

    private fv_trainer_info NativeInfo()
    {
        using var turn = TakeTurn();
        var info = new fv_trainer_info { struct_size = (uint)sizeof(fv_trainer_info) };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_get_info(Handle, &info, &error), &error);
        return info;
    }

    /// <summary>
    /// Keeps text under a key, in the trainer and its checkpoints: what a loop or a callback must know to go on as if it had
    /// never stopped. Null removes it.
    /// </summary>
    public void SetNote(string key, string? text)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_set_note(Handle, memory.Required(key), memory.Text(text), &error), &error);
    }

    /// <summary>The text under a key; null: there is none.</summary>
    public string? Note(string key)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var name = memory.Required(key);
        fv_error error;
        nuint needed;
        var status = NativeMethods.fv_trainer_get_note(Handle, name, null, 0, &needed, &error);
        if (status == NativeMethods.FV_NOT_FOUND) return null;
        Call.Check(status, &error);
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_trainer_get_note(Handle, name, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    /// <summary>Bytes that training with batches of this size takes, without taking them, but for what is small beside
    /// these: labels of a batch, the order of the samples.</summary>
    public TrainingMemory MemoryFor(long batch)
    {
        using var turn = TakeTurn();
        var bytes = new fv_memory { struct_size = (uint)sizeof(fv_memory) };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_memory(Handle, batch, &bytes, &error), &error);
        return new TrainingMemory((long)bytes.parameters, (long)bytes.gradients, (long)bytes.optimizer, (long)bytes.arena,
            (long)bytes.workspace);
    }

    /// <summary>Times every step from now on, node by node, until the profile is disposed or another one is started.</summary>
    public Profile Profile(ProfileOptions? options = null)
    {
        using var turn = TakeTurn();
        var desc = Fovea.Profile.Native(options);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_trainer_profile(Handle, &desc, &made, &error);
        return new Profile(Call.Check(status, &error, new ProfileHandle(made)), this);
    }

    /// <summary>The epochs so far.</summary>
    public HistoryRow[] History()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_trainer_history(Handle, null, 0, &count, &error), &error);
        var rows = new fv_history_row[(int)count];
        fixed (fv_history_row* first = rows)
            Call.Check(NativeMethods.fv_trainer_history(Handle, first, count, &count, &error), &error);
        return Array.ConvertAll(rows, row => new HistoryRow(row));
    }

    /// <summary>Adds a row to the history; <see cref="Fit"/> does so after every epoch.</summary>
    public void Record(HistoryRow row)
    {
        using var turn = TakeTurn();
        var native = row.Native();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_record(Handle, &native, &error), &error);
    }

    /// <summary>Copies a parameter's gradient out, as <see cref="float"/> or <see cref="double"/>.</summary>
    /// <returns>Its shape.</returns>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.InvalidArgument"/>: no
    /// room; no gradients, which are there from <see cref="Backward{TInput, TTarget}"/> to <see cref="Apply"/>.</exception>
    public Shape GetGradient<T>(string name, Span<T> values) where T : unmanaged
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fixed (T* data = values)
        {
            var buffer = Call.Buffer(data, values.Length);
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_get_gradient(Handle, memory.Required(name), &buffer, &error), &error);
            return Shape.From(buffer.shape, buffer.rank);
        }
    }

    /// <summary>A copy of a parameter's gradient.</summary>
    /// <inheritdoc cref="GetGradient{T}(string, Span{T})"/>
    public Tensor<T> GetGradient<T>(string name) where T : unmanaged
    {
        var values = new T[Model.SizeOf(name)];
        var shape = GetGradient(name, values.AsSpan());
        return Tensor.Of(values, shape);
    }

    /// <summary>Replaces a parameter's gradient by as many values, between <see cref="Backward{TInput, TTarget}"/> and
    /// <see cref="Apply"/>.</summary>
    /// <exception cref="ArgumentException">The parameter has another number of values.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.InvalidArgument"/>: no
    /// gradients.</exception>
    public void SetGradient<T>(string name, ReadOnlySpan<T> values) where T : unmanaged
    {
        using var turn = TakeTurn();
        var shape = Model.ShapeFor(name, values.Length);
        using var memory = new CallMemory();
        fixed (T* data = values)
        {
            var tensor = Call.Tensor(data, shape);
            fv_error error;
            Call.Check(NativeMethods.fv_trainer_set_gradient(Handle, memory.Required(name), &tensor, &error), &error);
        }
    }

    /// <summary>
    /// Lends all gradients as one block, in the order of the parameters, with some padding between them, for an all-reduce
    /// in place, say. The span is good during the call of <paramref name="action"/> only.
    /// </summary>
    /// <returns>Whether there are gradients, which is from <see cref="Backward{TInput, TTarget}"/> to <see cref="Apply"/>.
    /// </returns>
    /// <exception cref="ArgumentException">The model's numbers are of another type.</exception>
    public bool UseGradients<T>(GradientAction<T> action) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(action);
        if (DTypes.Of<T>() != Model.Info.DType)
            throw new ArgumentException($"the model's gradients are {Model.Info.DType}, not {typeof(T)}", nameof(action));
        using var turn = TakeTurn();
        var handle = Handle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            long count;
            var block = NativeMethods.fv_trainer_gradient_block(handle, &count);
            if (block == null) return false;
            action(new Span<T>(block, checked((int)count)));
            return true;
        }
        finally
        {
            if (held) handle.DangerousRelease();
        }
    }

    private static TrainerHandle Create(Model model, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = Native(options, memory);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_trainer_create(model.Handle, &desc, &made, &error);
        return Call.Check(status, &error, new TrainerHandle(made));
    }

    internal static fv_trainer_desc Native(TrainerOptions options, CallMemory memory)
    {
        fv_loss_desc** losses = null;
        if (options.Losses.Count > 0)
        {
            losses = (fv_loss_desc**)memory.Array<nint>(options.Losses.Count);
            for (var i = 0; i < options.Losses.Count; ++i) losses[i] = options.Losses[i].Native(memory);
        }
        return new fv_trainer_desc
        {
            struct_size = (uint)sizeof(fv_trainer_desc),
            loss = (int)options.Loss,
            losses = losses,
            loss_count = (nuint)options.Losses.Count,
            optimizer_desc = NativeOptimizer(options, memory),
            schedule = options.Schedule is null ? null : options.Schedule.Native(memory),
            groups = NativeGroups(options.Groups, memory),
            group_count = (nuint)options.Groups.Count,
            average = options.Average is null ? null : options.Average.Native(memory),
            accumulate_steps = options.AccumulateSteps,
            mix = options.Mix is null ? null : options.Mix.Native(memory),
            rate_batch = options.RateBatch,
            l1 = options.L1,
            proximal_l1 = Call.Flag(options.ProximalL1),
            l2 = options.L2,
            seed = options.Seed,
            max_batch = options.MaxBatch,
        };
    }
}
