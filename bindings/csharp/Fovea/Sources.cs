using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>How <see cref="Dataset.OpenFolder"/> and <see cref="Dataset.OpenList"/> read image files.</summary>
public sealed record ImageFilesOptions
{
    /// <summary>Of every sample: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 0: 3.</summary>
    public int Channels { get; init; }

    /// <summary>JPEG and PNG stay as they are stored, whatever EXIF says.</summary>
    public bool KeepOrientation { get; init; }

    /// <summary>A file that cannot be decoded is an error; else it is left out and counted.</summary>
    public bool RefuseBroken { get; init; }

    /// <summary>Only headers are looked at while the dataset is opened; else every file is decoded once.</summary>
    public bool HeadersOnly { get; init; }

    /// <summary>Refuse larger images, at most 2^28; 0: 2^27.</summary>
    public long MaxPixels { get; init; }

    /// <summary>The classes in this order, such as those of the training data; what is of another one counts as broken.
    /// Empty: as the files have them.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    internal static unsafe fv_image_files_desc Native(ImageFilesOptions? it, CallMemory memory)
    {
        var desc = new fv_image_files_desc
        {
            struct_size = (uint)sizeof(fv_image_files_desc),
            channels = it?.Channels ?? 0,
            keep_orientation = Call.Flag(it?.KeepOrientation ?? false),
            refuse_broken = Call.Flag(it?.RefuseBroken ?? false),
            headers_only = Call.Flag(it?.HeadersOnly ?? false),
            max_pixels = it?.MaxPixels ?? 0,
        };
        if (it?.ClassNames is not { Count: > 0 } names) return desc;
        desc.class_names = (byte**)memory.Array<nint>(names.Count);
        desc.class_count = (nuint)names.Count;
        for (var i = 0; i < names.Count; ++i) desc.class_names[i] = memory.Required(names[i]);
        return desc;
    }
}

/// <summary>How <see cref="Dataset.OpenList"/> reads.</summary>
public sealed record ImageListOptions
{
    /// <summary>A comma, a semicolon or a tab; null: the one that the first line has.</summary>
    public char? Delimiter { get; init; }

    /// <summary>Whether the first line is one; null: where its first field is path, file, filename, image or the like.</summary>
    public bool? Header { get; init; }

    /// <summary>With integer labels; 0: the largest + 1.</summary>
    public int Classes { get; init; }

    /// <summary>What the paths are relative to; null: the folder of the list.</summary>
    public string? Root { get; init; }

    /// <summary>Of the images.</summary>
    public ImageFilesOptions? Files { get; init; }
}

/// <summary>What was met when files were opened.</summary>
/// <param name="Files">Image files that were found; 0: the dataset does not come from files.</param>
/// <param name="Broken">Of these, left out; <see cref="Dataset.GetProblem"/> says why.</param>
/// <param name="Ignored">Other files.</param>
public readonly record struct FilesInfo(long Files, long Broken, long Ignored);

/// <summary>Which labels <see cref="Dataset.OpenCifar"/> reads.</summary>
public enum Cifar
{
    /// <summary>Of CIFAR-10.</summary>
    Ten,

    /// <summary>Of CIFAR-100.</summary>
    Hundred,

    /// <summary>The 20 superclasses of CIFAR-100.</summary>
    HundredCoarse,
}

/// <summary>Samples of the host's own, for <see cref="Dataset.FromSource"/>. Called from many threads at once.</summary>
/// <typeparam name="T"><see cref="byte"/>, <see cref="float"/> or <see cref="double"/>.</typeparam>
public interface ISampleSource<T> where T : unmanaged
{
    /// <summary>The number of samples.</summary>
    long Count { get; }

    /// <summary>Of one sample; 0 × 0 × channels where <see cref="GetSize"/> says it of each.</summary>
    Shape Shape { get; }

    /// <summary>Asked once for each index, in order, while the dataset is made; not where there are targets.</summary>
    long GetLabel(long index);

    /// <summary>Of one target; default: there are labels.</summary>
    Shape TargetShape => default;

    /// <summary>Writes a target; asked once for each index, in order, while the dataset is made.</summary>
    void GetTarget(long index, Span<float> values) => throw new NotSupportedException("there is a TargetShape, but no target");

    /// <summary>Height and width of an image of <see cref="byte"/>, asked likewise.</summary>
    (long Height, long Width) GetSize(long index) => throw new NotSupportedException("the shape varies, but there is no size");

    /// <summary>Writes the values of a sample, the same each time.</summary>
    void Read(long index, Span<T> values);
}

/// <summary>Makes a sample of another, and depends on index and values alone. Called from many threads at once.</summary>
/// <typeparam name="TIn">The type of the values that go in.</typeparam>
/// <typeparam name="TOut">The type of the values that come out.</typeparam>
public delegate void SampleMap<TIn, TOut>(long index, ReadOnlySpan<TIn> values, Shape shape, Span<TOut> result)
    where TIn : unmanaged where TOut : unmanaged;

public sealed unsafe partial class Dataset
{
    private delegate int TextOf(byte* buffer, nuint capacity, nuint* needed, fv_error* error);

    /// <summary>
    /// A folder of class folders, as torchvision's ImageFolder: classes and files are sorted by name, byte by byte. Samples are
    /// <see cref="DType.U8"/>, height × width × channels, decoded whenever they are read; where sizes differ, the shape says
    /// 0 × 0 × channels.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/>: no class folder, one without images, no image that is whole.</exception>
    public static Dataset OpenFolder(Context context, string root, ImageFilesOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        var desc = ImageFilesOptions.Native(options, memory);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_open_folder(context.Handle, memory.Required(root), &desc, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>
    /// A text file with a path and a label in each line, quoted as in RFC 4180. Labels are integers or names of classes.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/> (with the line).</exception>
    public static Dataset OpenList(Context context, string path, ImageListOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        var desc = new fv_image_list_desc
        {
            struct_size = (uint)sizeof(fv_image_list_desc),
            delimiter = options?.Delimiter ?? 0,
            header = options?.Header switch { null => 0, true => 1, false => 2 },
            classes = options?.Classes ?? 0,
            root = memory.Text(options?.Root),
            files = memory.Value(ImageFilesOptions.Native(options?.Files, memory)),
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_open_list(context.Handle, memory.Required(path), &desc, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>CIFAR's binary files, plain or gzip, one after the other, with the names of the classes.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/> (with the offset).</exception>
    public static Dataset OpenCifar(Context context, ReadOnlySpan<string> paths, Cifar kind = Cifar.Ten)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        var names = (byte**)memory.Array<nint>(paths.Length);
        for (var i = 0; i < paths.Length; ++i) names[i] = memory.Required(paths[i]);
        var desc = new fv_cifar_desc
        {
            struct_size = (uint)sizeof(fv_cifar_desc),
            hundred = Call.Flag(kind != Cifar.Ten),
            coarse = Call.Flag(kind == Cifar.HundredCoarse),
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_open_cifar(context.Handle, names, (nuint)paths.Length, &desc, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>Samples that the host makes when they are asked for. `classes` 0: the largest label + 1.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: shapes, types, a label out of range.</exception>
    public static Dataset FromSource<T>(Context context, ISampleSource<T> source, int classes = 0) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(source);
        var shape = source.Shape;
        var target = source.TargetShape;
        var varies = shape.Rank == 3 && shape[0] == 0 && shape[1] == 0;
        var state = new SourceState<T>(source, shape, varies);
        try
        {
            var desc = new fv_callback_dataset_desc
            {
                struct_size = (uint)sizeof(fv_callback_dataset_desc),
                dtype = (int)DTypes.Of<T>(),
                count = source.Count,
                rank = shape.Rank,
                classes = classes,
                get = SampleState.GetFunction,
                user = state.User,
                drop = HostState.DropFunction,
                get_target = target.Rank == 0 ? null : SampleState.GetTargetFunction,
                target_rank = target.Rank,
                get_size = varies ? SampleState.GetSizeFunction : null,
            };
            target.CopyTo(new Span<long>(desc.target_shape, NativeMethods.FV_MAX_RANK));
            shape.CopyTo(new Span<long>(desc.shape, NativeMethods.FV_MAX_RANK));
            fv_error error;
            nint made = 0;
            var status = NativeMethods.fv_dataset_from_callback(context.Handle, &desc, &made, &error);
            return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
        }
        catch
        {
            state.Drop();
            throw;
        }
    }

    /// <summary>Each sample as a function of the host's makes it; labels and names stay. `shape` default: as it is.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: shapes, types.</exception>
    public Dataset Map<TIn, TOut>(SampleMap<TIn, TOut> map, Shape shape = default)
        where TIn : unmanaged where TOut : unmanaged
    {
        ArgumentNullException.ThrowIfNull(map);
        if (Info.DType != DTypes.Of<TIn>())
            throw new ArgumentException($"the map takes {typeof(TIn)}, the dataset stores {Info.DType}", nameof(map));
        var state = new MapState<TIn, TOut>(map);
        try
        {
            var desc = new fv_map_desc
            {
                struct_size = (uint)sizeof(fv_map_desc),
                dtype = (int)DTypes.Of<TOut>(),
                rank = shape.Rank,
                map = SampleState.MapFunction,
                user = state.User,
                drop = HostState.DropFunction,
            };
            shape.CopyTo(new Span<long>(desc.shape, NativeMethods.FV_MAX_RANK));
            fv_error error;
            nint made = 0;
            var status = NativeMethods.fv_dataset_map(Handle, &desc, &made, &error);
            return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
        }
        catch
        {
            state.Drop();
            throw;
        }
    }

    /// <summary>The samples of several datasets, one after the other.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: they do not agree.</exception>
    public static Dataset Concat(params Dataset[] datasets)
    {
        ArgumentNullException.ThrowIfNull(datasets);
        var handles = new nint[datasets.Length];
        for (var i = 0; i < handles.Length; ++i)
        {
            ArgumentNullException.ThrowIfNull(datasets[i], nameof(datasets));
            handles[i] = datasets[i].Handle.DangerousGetHandle();
        }
        fv_error error;
        nint made = 0;
        fixed (nint* first = handles)
        {
            var status = NativeMethods.fv_dataset_concat(first, (nuint)handles.Length, &made, &error);
            GC.KeepAlive(datasets);
            return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
        }
    }

    /// <summary>All samples several times over.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: less than once.</exception>
    public Dataset Repeat(long times)
    {
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_repeat(Handle, times, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>All samples in an order drawn by a seed. Training shuffles by itself.</summary>
    public Dataset Shuffle(ulong seed = 0)
    {
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_shuffle(Handle, seed, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>As many samples of every class; 0: as many as the largest has.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: targets.</exception>
    public Dataset Balance(long perClass = 0, ulong seed = 0)
    {
        var desc = new fv_balance_desc
        {
            struct_size = (uint)sizeof(fv_balance_desc),
            per_class = perClass,
            seed = seed,
        };
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_balance(Handle, &desc, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>The same samples, of which those that are read first stay in memory, up to `maxBytes`; 0: 4 GiB.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a dataset that draws at random.</exception>
    public Dataset Cache(Context context, long maxBytes = 0)
    {
        ArgumentNullException.ThrowIfNull(context);
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_cache(context.Handle, Handle, maxBytes, &made, &error);
        return new Dataset(Call.Check(status, &error, new DatasetHandle(made)));
    }

    /// <summary>What was met when it, or the one that it is a part of, was opened.</summary>
    public FilesInfo FilesInfo
    {
        get
        {
            var info = new fv_files_info { struct_size = (uint)sizeof(fv_files_info) };
            fv_error error;
            Call.Check(NativeMethods.fv_dataset_get_files_info(Handle, &info, &error), &error);
            return new FilesInfo(info.files, info.broken, info.ignored);
        }
    }

    /// <summary>Why a broken file was left out, in a line that names it.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such file.</exception>
    public string GetProblem(long index) => ReadText((buffer, capacity, needed, error) =>
        NativeMethods.fv_dataset_get_problem(Handle, index, buffer, capacity, needed, error));

    /// <summary>The path of a sample; empty where it does not come from a file of its own.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such sample.</exception>
    public string GetSampleName(long index) => ReadText((buffer, capacity, needed, error) =>
        NativeMethods.fv_dataset_sample_name(Handle, index, buffer, capacity, needed, error));

    /// <summary>The name of a class; its number where it has none.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such class.</exception>
    public string GetClassName(int label) => ReadText((buffer, capacity, needed, error) =>
        NativeMethods.fv_dataset_class_name(Handle, label, buffer, capacity, needed, error));

    /// <summary>Whether classes have names of their own.</summary>
    public bool HasClassNames
    {
        get
        {
            int count;
            fv_error error;
            Call.Check(NativeMethods.fv_dataset_count_class_names(Handle, &count, &error), &error);
            return count > 0;
        }
    }

    /// <summary>How many samples each class has.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: targets.</exception>
    public long[] CountClasses()
    {
        var counts = new long[Math.Max(1, Info.Classes)];
        fv_error error;
        fixed (long* first = counts)
            Call.Check(NativeMethods.fv_dataset_count_classes(Handle, first, (nuint)counts.Length, &error), &error);
        return counts;
    }

    private static string ReadText(TextOf read)
    {
        nuint needed;
        fv_error error;
        Call.Check(read(null, 0, &needed, &error), &error);
        var text = new byte[(int)needed];
        fixed (byte* first = text)
        {
            Call.Check(read(first, needed, &needed, &error), &error);
            return Call.Text(first);
        }
    }
}

/// <summary>The host's side of a dataset that it makes samples for, whatever their type.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal abstract unsafe class SampleState : HostState
{
    internal static delegate* unmanaged[Cdecl]<void*, long, void*, long*, fv_error*, int> GetFunction => &OnGet;

    internal static delegate* unmanaged[Cdecl]<void*, long, void*, fv_error*, int> GetTargetFunction => &OnGetTarget;

    internal static delegate* unmanaged[Cdecl]<void*, long, long*, long*, fv_error*, int> GetSizeFunction => &OnGetSize;

    internal static delegate* unmanaged[Cdecl]<void*, long, fv_tensor*, void*, nuint, fv_error*, int> MapFunction => &OnMap;

    private protected virtual long Label(long index) => throw new NotSupportedException();

    private protected virtual void Read(long index, void* values) => throw new NotSupportedException();

    private protected virtual void Target(long index, void* values) => throw new NotSupportedException();

    private protected virtual (long Height, long Width) Size(long index) => throw new NotSupportedException();

    private protected virtual void Map(long index, in fv_tensor input, void* result, nuint bytes) =>
        throw new NotSupportedException();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnGet(void* user, long index, void* values, long* label, fv_error* error)
    {
        try
        {
            var state = Of<SampleState>(user);
            if (values == null) *label = state.Label(index);
            else state.Read(index, values);
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnGetTarget(void* user, long index, void* target, fv_error* error)
    {
        try
        {
            Of<SampleState>(user).Target(index, target);
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnGetSize(void* user, long index, long* height, long* width, fv_error* error)
    {
        try
        {
            (*height, *width) = Of<SampleState>(user).Size(index);
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnMap(void* user, long index, fv_tensor* input, void* result, nuint bytes, fv_error* error)
    {
        try
        {
            Of<SampleState>(user).Map(index, *input, result, bytes);
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }
}

internal sealed unsafe class SourceState<T>(ISampleSource<T> source, Shape shape, bool varies) : SampleState where T : unmanaged
{
    private protected override long Label(long index) => source.GetLabel(index);

    private protected override void Read(long index, void* values)
    {
        var (height, width) = varies ? source.GetSize(index) : default;
        var span = new Span<T>(values, checked((int)(varies ? height * width * shape[2] : shape.Elements)));
        span.Clear();
        source.Read(index, span);
    }

    private protected override void Target(long index, void* values)
    {
        var span = new Span<float>(values, checked((int)source.TargetShape.Elements));
        span.Clear();
        source.GetTarget(index, span);
    }

    private protected override (long Height, long Width) Size(long index) => source.GetSize(index);
}

internal sealed unsafe class MapState<TIn, TOut>(SampleMap<TIn, TOut> map) : SampleState
    where TIn : unmanaged where TOut : unmanaged
{
    private protected override void Map(long index, in fv_tensor input, void* result, nuint bytes)
    {
        Shape shape;
        fixed (long* extents = input.shape) shape = Shape.From(extents, input.rank);
        var span = new Span<TOut>(result, (int)(bytes / (nuint)sizeof(TOut)));
        span.Clear();
        map(index, new ReadOnlySpan<TIn>(input.data, checked((int)shape.Elements)), shape, span);
    }
}
