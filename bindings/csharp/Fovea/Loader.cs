namespace Fovea;

/// <summary>How a <see cref="Loader"/> makes batches.</summary>
public sealed record LoaderOptions
{
    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>False: another order in every epoch.</summary>
    public bool NoShuffle { get; init; }

    /// <summary>A last, smaller batch is left out.</summary>
    public bool DropLast { get; init; }

    /// <summary>Threads of the library's own that prepare batches ahead, up to 64; 0: none.</summary>
    public int Workers { get; init; }

    /// <summary>Batches that wait ready beside those that workers are at, up to 64; 0: 2.</summary>
    public int Prefetch { get; init; }

    /// <summary>Of the order and of random samples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Samples come as its input takes them: brought to its size, transformed, of its type; null: as they are
    /// stored.</summary>
    public Model? Model { get; init; }
}

/// <summary>What <see cref="Trainer.Step(ReadOnlySpan{Tensor}, Tensor)"/> takes, and where it comes from: a copy.</summary>
public sealed record LoadedBatch
{
    /// <summary>[count][...], as stored or as the model takes it.</summary>
    public required Tensor Input { get; init; }

    /// <summary><see cref="int"/> labels [count], or targets [count][...].</summary>
    public required Tensor Target { get; init; }

    /// <summary>Which samples of the dataset these are.</summary>
    public required IReadOnlyList<uint> Indices { get; init; }

    /// <summary>From 0.</summary>
    public long Epoch { get; init; }

    /// <summary>In the epoch, from 0.</summary>
    public long Batch { get; init; }

    /// <summary>In the epoch.</summary>
    public long Batches { get; init; }

    /// <summary>This is the last one of its epoch.</summary>
    public bool EpochEnded { get; init; }
}

/// <summary>
/// The batches of a dataset for a loop of one's own, prepared ahead by worker threads. A batch depends on dataset, seed, epoch
/// and number only. One thread at a time.
/// </summary>
public sealed unsafe class Loader : FoveaObject
{
    /// <summary>Starts at the first batch of epoch 0. Without a model the samples must have one shape.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: an option; images of different
    /// sizes.</exception>
    public Loader(Context context, Dataset dataset, LoaderOptions? options = null)
        : base(Create(context, dataset, options ?? new LoaderOptions()))
    {
    }

    private LoaderHandle Handle => Alive<LoaderHandle>();

    /// <summary>The next batch; after the last one of an epoch, the first of the next epoch.</summary>
    /// <exception cref="FoveaException">What reading a sample gives; the next call reads the batch again.</exception>
    public LoadedBatch Next()
    {
        using var turn = TakeTurn();
        var batch = new fv_loaded_batch { struct_size = (uint)sizeof(fv_loaded_batch) };
        fv_error error;
        Call.Check(NativeMethods.fv_loader_next(Handle, &batch, &error), &error);
        return new LoadedBatch
        {
            Input = Copy(batch.input),
            Target = Copy(batch.target),
            Indices = new ReadOnlySpan<uint>(batch.indices, (int)batch.count).ToArray(),
            Epoch = batch.epoch,
            Batch = batch.batch,
            Batches = batch.batches,
            EpochEnded = batch.epoch_ended != 0,
        };
    }

    /// <summary>The next batch will be <paramref name="batch"/> of <paramref name="epoch"/>, both from 0.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: there is no such batch.</exception>
    public void Seek(long epoch, long batch)
    {
        using var turn = TakeTurn();
        fv_error error;
        Call.Check(NativeMethods.fv_loader_seek(Handle, epoch, batch, &error), &error);
    }

    private static Tensor Copy(fv_tensor tensor)
    {
        var shape = Shape.From(tensor.shape, tensor.rank);
        return (DType)tensor.dtype switch
        {
            DType.U8 => Copy<byte>(tensor.data, shape),
            DType.I32 => Copy<int>(tensor.data, shape),
            DType.F64 => Copy<double>(tensor.data, shape),
            _ => Copy<float>(tensor.data, shape),
        };
    }

    private static Tensor<T> Copy<T>(void* data, Shape shape) where T : unmanaged =>
        Tensor.Of(new ReadOnlySpan<T>(data, checked((int)shape.Elements)).ToArray(), shape);

    private static LoaderHandle Create(Context context, Dataset dataset, LoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(dataset);
        var desc = new fv_loader_desc
        {
            struct_size = (uint)sizeof(fv_loader_desc),
            batch_size = options.BatchSize,
            no_shuffle = Call.Flag(options.NoShuffle),
            drop_last = Call.Flag(options.DropLast),
            workers = options.Workers,
            prefetch = options.Prefetch,
            seed = options.Seed,
            model = options.Model?.Handle.DangerousGetHandle() ?? 0,
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_loader_create(context.Handle, dataset.Handle, &desc, &made, &error);
        GC.KeepAlive(options.Model);
        return Call.Check(status, &error, new LoaderHandle(made));
    }
}
