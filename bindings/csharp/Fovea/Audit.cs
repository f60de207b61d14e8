namespace Fovea;

/// <summary>The least, the largest and the mean height or width of images; else 0.</summary>
/// <param name="Least">The smallest.</param>
/// <param name="Largest">The largest.</param>
/// <param name="Mean">Of all.</param>
public readonly record struct Extent(long Least, long Largest, double Mean);

/// <summary>One dataset of an <see cref="Audit"/>.</summary>
public sealed record AuditPart
{
    internal AuditPart(in fv_audit_part part)
    {
        Count = part.count;
        Classes = part.classes;
        Broken = part.broken;
        Unreadable = part.unreadable;
        Duplicates = part.duplicates;
        Conflicts = part.conflicts;
        Shared = part.shared;
        SmallestClass = part.smallest_class;
        LargestClass = part.largest_class;
        Height = new Extent(part.height_min, part.height_max, part.height_mean);
        Width = new Extent(part.width_min, part.width_max, part.width_mean);
        NearDuplicates = part.near_duplicates;
        NearShared = part.near_shared;
    }

    /// <summary>The number of samples.</summary>
    public long Count { get; }

    /// <summary>0: the dataset has targets.</summary>
    public int Classes { get; }

    /// <summary>Files that were left out when the dataset was opened.</summary>
    public long Broken { get; }

    /// <summary>Samples that cannot be read.</summary>
    public long Unreadable { get; }

    /// <summary>Samples with the contents of an earlier one of the same dataset.</summary>
    public long Duplicates { get; }

    /// <summary>Of these, with another label.</summary>
    public long Conflicts { get; }

    /// <summary>Samples with the contents of one of an earlier dataset: a leak.</summary>
    public long Shared { get; }

    /// <summary>Samples of the smallest class.</summary>
    public long SmallestClass { get; }

    /// <summary>Samples of the largest class.</summary>
    public long LargestClass { get; }

    /// <summary>Of images.</summary>
    public Extent Height { get; }

    /// <summary>Of images.</summary>
    public Extent Width { get; }

    /// <summary>Images that look like an earlier one of the same dataset, and are no copies.</summary>
    public long NearDuplicates { get; }

    /// <summary>Images that look like one of an earlier dataset, and are in none.</summary>
    public long NearShared { get; }
}

/// <summary>
/// What is in the parts of a dataset (training, validation, test) and should not be: copies, samples of one part in another,
/// what cannot be read; and counts by class and sizes.
/// </summary>
public sealed unsafe class Audit : FoveaObject
{
    private Audit(AuditHandle handle) : base(handle)
    {
    }

    private AuditHandle Handle => Alive<AuditHandle>();

    /// <summary>Reads every sample of the datasets once.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no datasets.</exception>
    public static Audit Of(Context context, params (string Name, Dataset Data)[] parts)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parts);
        using var memory = new CallMemory();
        var names = (byte**)memory.Array<nint>(parts.Length);
        var datasets = memory.Array<nint>(parts.Length);
        for (var i = 0; i < parts.Length; ++i)
        {
            ArgumentNullException.ThrowIfNull(parts[i].Data, nameof(parts));
            names[i] = memory.Required(parts[i].Name);
            datasets[i] = parts[i].Data.Handle.DangerousGetHandle();
        }
        fv_error error;
        nint made = 0;
        var status = NativeMethods.fv_dataset_audit(context.Handle, datasets, names, (nuint)parts.Length, &made, &error);
        GC.KeepAlive(parts);
        return new Audit(Call.Check(status, &error, new AuditHandle(made)));
    }

    /// <summary>Dataset `index` of those that were looked at.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: no such dataset.</exception>
    public AuditPart GetPart(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var part = new fv_audit_part { struct_size = (uint)sizeof(fv_audit_part) };
        fv_error error;
        Call.Check(NativeMethods.fv_audit_get_part(Handle, (nuint)index, &part, &error), &error);
        return new AuditPart(part);
    }

    /// <summary>All of it in lines of text, with names of files and ten examples of each kind.</summary>
    public string Text()
    {
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_audit_text(Handle, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_audit_text(Handle, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }
}
