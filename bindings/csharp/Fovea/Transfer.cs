namespace Fovea;

/// <summary>What became of a tensor.</summary>
public enum Match
{
    /// <summary>Name and shape agree: copied, converted to the model's element type.</summary>
    Loaded = NativeMethods.FV_MATCH_LOADED,

    /// <summary>The model has it, the source does not: it stays as it was.</summary>
    Missing = NativeMethods.FV_MATCH_MISSING,

    /// <summary>Of another shape, or not of floats in the source: it stays as it was.</summary>
    Different = NativeMethods.FV_MATCH_DIFFERENT,

    /// <summary>The source has it, the model does not.</summary>
    LeftOver = NativeMethods.FV_MATCH_LEFT_OVER,
}

/// <summary>How weights are loaded by name.</summary>
public sealed record LoadOptions
{
    /// <summary>An error unless every tensor is loaded and none is left over.</summary>
    public bool Strict { get; init; }

    /// <summary>Beginnings of the source's names, and what takes their place; for each name the first that fits counts.
    /// </summary>
    public IReadOnlyList<(string From, string To)>? Renames { get; init; }

    /// <summary>A pattern for whole names, * any text, ? one character: the others neither are loaded nor count; null: all.
    /// </summary>
    public string? Tensors { get; init; }

    internal static unsafe fv_load_desc Native(LoadOptions? it, CallMemory memory)
    {
        var desc = new fv_load_desc
        {
            struct_size = (uint)sizeof(fv_load_desc),
            strict = Call.Flag(it?.Strict ?? false),
            tensors = memory.Text(it?.Tensors),
        };
        if (it?.Renames is not { Count: > 0 } renames) return desc;
        desc.renames = memory.Array<fv_rename>(renames.Count);
        desc.rename_count = (nuint)renames.Count;
        for (var i = 0; i < renames.Count; ++i)
            desc.renames[i] = new fv_rename
            {
                from = memory.Required(renames[i].From),
                to = memory.Required(renames[i].To),
            };
        return desc;
    }
}

/// <summary>What became of one tensor.</summary>
/// <param name="Name">In the model; of what is left over, after renaming.</param>
/// <param name="Source">In the source, before renaming; null where it is missing.</param>
/// <param name="Shape">In the model; of rank 0 where it is left over.</param>
/// <param name="SourceShape">In the source; of rank 0 where it is missing.</param>
/// <param name="Match">What became of it.</param>
public sealed record LoadRow(string Name, string? Source, Shape Shape, Shape SourceShape, Match Match);

/// <summary>What became of each tensor.</summary>
public sealed unsafe class LoadReport : FoveaObject
{
    internal LoadReport(LoadReportHandle handle) : base(handle)
    {
    }

    /// <summary>How many tensors that became of.</summary>
    public long Count(Match match) => NativeMethods.fv_load_report_count(Handle, (int)match);

    /// <summary>The model's tensors in its order, then what is left over.</summary>
    public LoadRow[] Rows()
    {
        var handle = Handle;
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_load_report_rows(handle, null, 0, &count, &error), &error);
        var rows = new fv_load_row[(int)count];
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held); // the names are lent by the report
            fixed (fv_load_row* first = rows)
            {
                Call.Check(NativeMethods.fv_load_report_rows(handle, first, count, &count, &error), &error);
                var read = new LoadRow[rows.Length];
                for (var i = 0; i < rows.Length; ++i)
                    read[i] = new LoadRow(Call.Text(first[i].name),
                        first[i].source == null ? null : Call.Text(first[i].source),
                        Shape.From(first[i].shape, first[i].rank),
                        Shape.From(first[i].source_shape, first[i].source_rank), (Match)first[i].match);
                return read;
            }
        }
        finally
        {
            if (held) handle.DangerousRelease();
        }
    }

    /// <summary>For people: a line with the four counts, then one for each tensor that was not loaded.</summary>
    public override string ToString()
    {
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_load_report_text(Handle, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_load_report_text(Handle, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    private LoadReportHandle Handle => Alive<LoadReportHandle>();
}

/// <summary>A new head on an old body.</summary>
public sealed record HeadOptions
{
    /// <summary>Required.</summary>
    public long Units { get; init; }

    /// <summary>Of the dense layer; null: "head".</summary>
    public string? Name { get; init; }

    /// <summary>Of its initialiser, and the new model's.</summary>
    public ulong Seed { get; init; }

    /// <summary>Null: as for a dense layer.</summary>
    public Initializer? KernelInitializer { get; init; }
}

public sealed unsafe partial class Model
{
    /// <summary>
    /// Copies into the model what fits of a safetensors file: one of <see cref="Save"/>, or any other with tensors in this
    /// library's layout. On any error the model is as it was.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/>, <see cref="ErrorCode.Mismatch"/> (strict), <see cref="ErrorCode.Busy"/>.</exception>
    public LoadReport LoadWeights(string path, LoadOptions? options = null)
    {
        using var memory = new CallMemory();
        var desc = LoadOptions.Native(options, memory);
        fv_error error;
        nint report = 0;
        var status = NativeMethods.fv_model_load_weights(Handle, memory.Required(path), &desc, &report, &error);
        return new LoadReport(Call.Check(status, &error, new LoadReportHandle(report)));
    }

    /// <summary>The same from another model.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Mismatch"/> (strict), <see cref="ErrorCode.Busy"/>.</exception>
    public LoadReport CopyWeights(Model source, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var memory = new CallMemory();
        var desc = LoadOptions.Native(options, memory);
        fv_error error;
        nint report = 0;
        var status = NativeMethods.fv_model_copy_weights(Handle, source.Handle, &desc, &report, &error);
        return new LoadReport(Call.Check(status, &error, new LoadReportHandle(report)));
    }

    /// <summary>
    /// A new model: what <paramref name="node"/> needs of this one, with parameters and state copied bit for bit, and behind
    /// it a new dense layer as the only output; a node that is no vector is flattened first.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/> (no such node),
    /// <see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public Model ReplaceHead(string node, HeadOptions head)
    {
        ArgumentNullException.ThrowIfNull(head);
        using var memory = new CallMemory();
        var desc = new fv_head_desc
        {
            struct_size = (uint)sizeof(fv_head_desc),
            units = head.Units,
            name = memory.Text(head.Name),
            seed = head.Seed,
            kernel_initializer = Initializer.Native(head.KernelInitializer, memory),
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_model_replace_head(Handle, memory.Required(node), &desc, &made, &error);
        return new Model(Call.Check(status, &error, new ModelHandle(made)));
    }
}

public sealed unsafe partial class Session
{
    /// <summary>
    /// Runs a whole dataset through the session and gives a dataset for each of its outputs: the outputs' values, in memory,
    /// as samples, beside the labels or targets of <paramref name="dataset"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">The cancellation token was cancelled.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/> (shapes), <see cref="ErrorCode.Busy"/>.
    /// </exception>
    public Dataset[] Features(Dataset dataset, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using var cancellation = new Cancellation(null, cancellationToken);
        using var turn = TakeTurn();
        var desc = new fv_features_desc { struct_size = (uint)sizeof(fv_features_desc), cancel = cancellation.Native };
        var made = new nint[_outputs];
        fv_error error;
        fixed (nint* first = made)
            cancellation.Check(
                NativeMethods.fv_session_features(Handle, dataset.Handle, &desc, first, (nuint)_outputs, &error), &error);
        return Array.ConvertAll(made, native => new Dataset(new DatasetHandle(native)));
    }
}

/// <summary>How linear probes are trained.</summary>
public sealed record ProbeOptions
{
    /// <summary>0: 20.</summary>
    public int Epochs { get; init; }

    /// <summary>Of the network and of the probes; 0: 64.</summary>
    public int BatchSize { get; init; }

    /// <summary>All values of an image are features, instead of their mean for each channel.</summary>
    public bool WholeImages { get; init; }

    /// <summary>Of Adam; 0: 0.01.</summary>
    public double LearningRate { get; init; }

    /// <summary>Of the probes' kernels.</summary>
    public double L2 { get; init; }

    /// <summary>Of their initialisers and of shuffling.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What a linear probe has found.</summary>
/// <param name="Features">How many the node has.</param>
/// <param name="TrainAccuracy">On the training data.</param>
/// <param name="Accuracy">On the validation data.</param>
/// <param name="Loss">On the validation data.</param>
public sealed record ProbeResult(long Features, double TrainAccuracy, double Accuracy, double Loss);

public sealed unsafe partial class Model
{
    /// <summary>
    /// How much of the labels a linear classifier can read off each node: for each of them one dense layer is trained on its
    /// features.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/> (a node),
    /// <see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public ProbeResult[] Probe(IReadOnlyList<string> nodes, Dataset train, Dataset validation, ProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        options ??= new ProbeOptions();
        using var memory = new CallMemory();
        var names = (byte**)memory.Array<nint>(nodes.Count);
        for (var i = 0; i < nodes.Count; ++i) names[i] = memory.Required(nodes[i]);
        var desc = new fv_probe_desc
        {
            struct_size = (uint)sizeof(fv_probe_desc),
            epochs = options.Epochs,
            batch_size = options.BatchSize,
            whole_images = Call.Flag(options.WholeImages),
            learning_rate = options.LearningRate,
            l2 = options.L2,
            seed = options.Seed,
        };
        var results = new fv_probe_result[nodes.Count];
        fv_error error;
        fixed (fv_probe_result* first = results)
            Call.Check(NativeMethods.fv_model_probe(Handle, names, (nuint)nodes.Count, train.Handle, validation.Handle,
                &desc, first, &error), &error);
        return Array.ConvertAll(results, r => new ProbeResult(r.features, r.train_accuracy, r.accuracy, r.loss));
    }

    /// <summary>What is done to the inputs, but whitening, which <see cref="FittedTransform(int)"/> has.</summary>
    public InputTransform Transform
    {
        get
        {
            var desc = new fv_transform_desc { struct_size = (uint)sizeof(fv_transform_desc) };
            fv_error error;
            Call.Check(NativeMethods.fv_model_get_transform(Handle, &desc, &error), &error);
            return new InputTransform(desc);
        }
    }
}

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Freezes a node and all that it depends on from the next step on: no gradient is computed there, and parameters keep
    /// their bits. A lower node unfreezes what lies between; null unfreezes all.
    /// </summary>
    /// <param name="node">The node's name.</param>
    /// <param name="trainStatistics">Batch norm in the frozen part runs as in training, and its running statistics go on
    /// learning; else it runs as at inference.</param>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>; <see cref="ErrorCode.InvalidArgument"/>: nothing
    /// would be left that learns.</exception>
    public void FreezeUntil(string? node, bool trainStatistics = false)
    {
        using var turn = TakeTurnToTrain();
        using var memory = new CallMemory();
        var desc = new fv_freeze_desc
        {
            struct_size = (uint)sizeof(fv_freeze_desc),
            train_statistics = Call.Flag(trainStatistics),
        };
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_freeze_until(Handle, memory.Text(node), &desc, &error), &error);
    }

    /// <summary>The node that it is frozen up to; null: none.</summary>
    public string? FrozenUntil
    {
        get
        {
            using var turn = TakeTurn();
            var node = NativeMethods.fv_trainer_frozen_until(Handle);
            return node == null ? null : Call.Text(node);
        }
    }

    /// <summary>Discriminative rates: each layer's rate is <paramref name="decay"/> times that of the layer above it; 0:
    /// 1 / 2.6; 1: all alike.</summary>
    public void SetLayerRates(double decay)
    {
        using var turn = TakeTurnToTrain();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_set_layer_rates(Handle, decay, &error), &error);
    }

    /// <summary>What the trainer's rate is multiplied with for a parameter; 0 where it is frozen.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>; <see cref="ErrorCode.InvalidArgument"/>: state.
    /// </exception>
    public double RateFactor(string parameter)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_error error;
        double factor;
        Call.Check(NativeMethods.fv_trainer_rate_factor(Handle, memory.Required(parameter), &factor, &error), &error);
        return factor;
    }
}
