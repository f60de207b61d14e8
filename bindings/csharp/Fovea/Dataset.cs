using System.Buffers;

namespace Fovea;

/// <summary>How <see cref="Dataset.OpenIdx"/> reads.</summary>
public sealed record IdxOptions
{
    /// <summary>The number of classes; 0: the largest label + 1.</summary>
    public int Classes { get; init; }

    /// <summary>Refuse files that unpack to more; 0: 4 GiB.</summary>
    public long MaxBytes { get; init; }
}

/// <summary>Samples that the host has in memory.</summary>
public sealed record MemoryDatasetOptions
{
    /// <summary>[count][...], of <see cref="byte"/>, <see cref="float"/> or <see cref="double"/>.</summary>
    public required Tensor Samples { get; init; }

    /// <summary>[count], of <see cref="int"/> or <see cref="long"/>. Either these or <see cref="Targets"/>.</summary>
    public Tensor? Labels { get; init; }

    /// <summary>[count][...], of <see cref="float"/> or <see cref="double"/>.</summary>
    public Tensor? Targets { get; init; }

    /// <summary>The number of classes, with labels; 0: the largest label + 1.</summary>
    public int Classes { get; init; }

    /// <summary>
    /// False: everything is copied. True: it is used in place and stays pinned until the last dataset made of it is gone;
    /// it must not change until then.
    /// </summary>
    public bool Borrow { get; init; }
}

/// <summary>What digits <see cref="Dataset.Digits"/> draws.</summary>
public sealed record DigitsOptions
{
    /// <summary>Height and width in pixels, 16 to 256; 0: 28.</summary>
    public int Size { get; init; }

    /// <summary>The number of images.</summary>
    public required long Count { get; init; }

    /// <summary>Another seed, other images.</summary>
    public ulong Seed { get; init; }

    /// <summary>Standard deviation of the pixel noise in grey levels, up to 255; null: 12.</summary>
    public double? Noise { get; init; }
}

/// <summary>How <see cref="Dataset.Split"/> cuts.</summary>
public sealed record SplitOptions
{
    /// <summary>False: the second part is the end of the dataset; true: it is drawn by <see cref="Seed"/>.</summary>
    public bool Shuffle { get; init; }

    /// <summary>The second part's share, between 0 and 1, rounded up to whole samples.</summary>
    public double Fraction { get; init; }

    /// <summary>The second part's size. With neither: 10,000 or 10 %, whichever is less.</summary>
    public long Count { get; init; }

    /// <summary>Of the draw.</summary>
    public ulong Seed { get; init; }

    /// <summary>Every class is cut in that proportion, to within one sample.</summary>
    public bool Stratified { get; init; }
}

/// <summary>How <see cref="Dataset.Fold"/> cuts.</summary>
public sealed record FoldOptions
{
    /// <summary>The number of folds, 2 or more.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>False: fold i is the i-th stretch of the dataset; true: it is drawn by <see cref="Seed"/>.</summary>
    public bool Shuffle { get; init; }

    /// <summary>Every class is spread evenly over the folds, to within one sample.</summary>
    public bool Stratified { get; init; }

    /// <summary>Of the draw.</summary>
    public ulong Seed { get; init; }

    internal unsafe fv_fold_desc Native(int fold) => new()
    {
        struct_size = (uint)sizeof(fv_fold_desc),
        fold = fold,
        folds = Folds,
        shuffle = Call.Flag(Shuffle),
        stratified = Call.Flag(Stratified),
        seed = Seed,
    };
}

/// <summary>What a dataset holds.</summary>
public sealed record DatasetInfo
{
    /// <summary>The element type of the samples as stored.</summary>
    public DType DType { get; internal init; }

    /// <summary>The number of samples.</summary>
    public long Count { get; internal init; }

    /// <summary>Of one sample.</summary>
    public Shape Shape { get; internal init; }

    /// <summary>The number of classes; 0 where there are targets instead of labels.</summary>
    public int Classes { get; internal init; }

    /// <summary>Of one target, where there are targets.</summary>
    public Shape TargetShape { get; internal init; }

    /// <summary>Of types, shapes, contents and order; a checkpoint remembers it.</summary>
    public ulong Fingerprint { get; internal init; }

    /// <summary>It is marked as a test set; see <see cref="Dataset.MarkTest"/>.</summary>
    public bool IsTest { get; internal init; }
}

/// <summary>
/// Samples with labels or targets. A dataset never changes, and may be used from many threads at once. A sample is a tensor
/// as stored; the model's input transform turns it into the network's input.
/// </summary>
public sealed unsafe partial class Dataset : FoveaObject
{
    private DatasetInfo? _info;

    internal Dataset(DatasetHandle handle) : base(handle)
    {
    }

    internal DatasetHandle Handle => Alive<DatasetHandle>();

    /// <summary>
    /// What it holds. The first use reads all samples once, for the fingerprint.
    /// </summary>
    public DatasetInfo Info => _info ??= ReadInfo();

    /// <summary>
    /// Images and labels in the IDX format of MNIST, plain or gzip, read into memory. Images are
    /// <see cref="DType.U8"/>, height × width × channels.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/> (with the offset), <see cref="ErrorCode.Unsupported"/>.</exception>
    public static Dataset OpenIdx(Context context, string imagesPath, string labelsPath, IdxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        options ??= new IdxOptions();
        using var memory = new CallMemory();
        var desc = new fv_idx_desc
        {
            struct_size = (uint)sizeof(fv_idx_desc),
            classes = options.Classes,
            max_bytes = options.MaxBytes,
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_open_idx(context.Handle, memory.Required(imagesPath),
            memory.Required(labelsPath), &desc, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>Samples that the host has in memory, copied or in place.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: shapes, types, a label out of
    /// range.</exception>
    public static Dataset FromMemory(Context context, MemoryDatasetOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Samples);
        var pins = new PinnedMemory();
        try
        {
            var desc = new fv_memory_dataset_desc
            {
                struct_size = (uint)sizeof(fv_memory_dataset_desc),
                classes = options.Classes,
                samples = pins.Pin(options.Samples),
                labels = pins.Pin(options.Labels),
                targets = pins.Pin(options.Targets),
                borrow = Call.Flag(options.Borrow),
                user = pins.User,
                drop = HostState.DropFunction,
            };
            fv_error error;
            nint made = 0;
            var status = NativeMethods.fv_dataset_from_memory(context.Handle, &desc, &made, &error);
            return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
        }
        catch
        {
            // The library may never have been reached.
            pins.Drop();
            throw;
        }
    }

    /// <summary>
    /// Drawn digits, for trying a program without any data: white on black, <see cref="DType.U8"/>, size × size × 1; the
    /// label is the digit. The same on every machine.
    /// </summary>
    public static Dataset Digits(Context context, DigitsOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        var desc = new fv_digits_desc
        {
            struct_size = (uint)sizeof(fv_digits_desc),
            size = options.Size,
            count = options.Count,
            seed = options.Seed,
            noise = Call.Number(options.Noise),
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_digits(context.Handle, &desc, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>Cuts it into two disjoint ones, training and validation, which share the memory.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: an empty part, both a fraction and a
    /// count.</exception>
    public (Dataset First, Dataset Second) Split(SplitOptions? options = null)
    {
        options ??= new SplitOptions();
        var desc = new fv_split_desc
        {
            struct_size = (uint)sizeof(fv_split_desc),
            shuffle = Call.Flag(options.Shuffle),
            fraction = options.Fraction,
            count = options.Count,
            seed = options.Seed,
            stratified = Call.Flag(options.Stratified),
        };
        fv_error error;
        nint first = 0, second = 0;
        var status = NativeMethods.fv_dataset_split(Handle, &desc, &first, &second, &error);
        var parts = (First: new DatasetHandle(first), Second: new DatasetHandle(second));
        return (new Dataset(Call.Check(status, &error, parts.First)), new Dataset(parts.Second));
    }

    /// <summary>
    /// One of the cuts of k-fold validation, which share the memory: with the same options every sample is in the validation
    /// of exactly one fold.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such fold, more folds than samples.
    /// </exception>
    public (Dataset Train, Dataset Validation) Fold(int fold, FoldOptions? options = null)
    {
        var desc = (options ?? new FoldOptions()).Native(fold);
        fv_error error;
        nint train = 0, validation = 0;
        var status = NativeMethods.fv_dataset_fold(Handle, &desc, &train, &validation, &error);
        var parts = (Train: new DatasetHandle(train), Validation: new DatasetHandle(validation));
        return (new Dataset(Call.Check(status, &error, parts.Train)), new Dataset(parts.Validation));
    }

    /// <summary>
    /// Marks it, and the parts that are made of it from now on, as a test set, which is for the last measurement: what
    /// searches for good options refuses it. Not while another thread uses it.
    /// </summary>
    public void MarkTest()
    {
        fv_error error;
        Call.Check(NativeMethods.fv_dataset_mark_test(Handle, &error), &error);
        _info = null;
    }

    /// <summary>The samples at these indices, in that order, repeats allowed. It shares the memory.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: an index out of range, none at
    /// all.</exception>
    public Dataset Subset(ReadOnlySpan<long> indices)
    {
        fv_error error;
        nint made = 0;
        fixed (long* first = indices)
        {
            var status = NativeMethods.fv_dataset_subset(Handle, first, (nuint)indices.Length, &made, &error);
            return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
        }
    }

    /// <summary>Copies one sample as stored.</summary>
    /// <returns>The label, or -1 where there are targets.</returns>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such sample, no room, another element
    /// type than the stored one.</exception>
    public long Get<T>(long index, Span<T> sample) where T : unmanaged
    {
        fixed (T* data = sample)
        {
            var buffer = Call.Buffer(data, sample.Length);
            fv_error error;
            long label;
            Call.Check(NativeMethods.fv_dataset_get(Handle, index, &buffer, &label, &error), &error);
            return label;
        }
    }

    private DatasetInfo ReadInfo()
    {
        var info = new fv_dataset_info { struct_size = (uint)sizeof(fv_dataset_info) };
        fv_error error;
        Call.Check(NativeMethods.fv_dataset_get_info(Handle, &info, &error), &error);
        return new DatasetInfo
        {
            DType = (DType)info.dtype,
            Count = info.count,
            Shape = Shape.From(info.shape, info.rank),
            Classes = info.classes,
            TargetShape = Shape.From(info.target_shape, info.target_rank),
            Fingerprint = info.fingerprint,
            IsTest = info.test != 0,
        };
    }

    /// <summary>The host's memory, pinned until the library drops it.</summary>
    private sealed class PinnedMemory : HostState
    {
        private readonly List<MemoryHandle> _pins = [];

        internal fv_tensor Pin(Tensor? tensor)
        {
            if (tensor is null) return default;
            _pins.Add(tensor.Pin());
            return tensor.Native(_pins[^1]);
        }

        private protected override void Dropped()
        {
            foreach (var pin in _pins) pin.Dispose();
        }
    }
}
