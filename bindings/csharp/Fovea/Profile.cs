namespace Fovea;

/// <summary>What of a node was timed.</summary>
public enum Pass
{
    /// <summary>Packing the weights: once a training step; in a session, after they have changed.</summary>
    Prepare = NativeMethods.FV_PASS_PREPARE,

    /// <summary>From the inputs to the output.</summary>
    Forward = NativeMethods.FV_PASS_FORWARD,

    /// <summary>Gradients.</summary>
    Backward = NativeMethods.FV_PASS_BACKWARD,

    /// <summary>No node: "(input)", "(loss)", "(penalty)", "(optimizer)" of a trainer.</summary>
    Other = NativeMethods.FV_PASS_OTHER,
}

/// <summary>What a <see cref="Profile"/> keeps.</summary>
public sealed record ProfileOptions
{
    /// <summary>How many timings are kept one by one for the trace, 24 bytes each, beside the sums; 0: 65536.</summary>
    public int MaxEvents { get; init; }
}

/// <summary>What was timed of one node and pass.</summary>
public sealed record ProfileRow
{
    internal unsafe ProfileRow(in fv_profile_row native)
    {
        Name = Call.Text(native.name);
        Kind = Call.Text(native.kind);
        Algorithm = Call.Text(native.algorithm);
        Pass = (Pass)native.pass;
        Calls = native.calls;
        Time = TimeSpan.FromSeconds(native.seconds);
        Flops = native.flops;
        Bytes = native.bytes;
    }

    /// <summary>Of the node.</summary>
    public string Name { get; }

    /// <summary>"conv2d"</summary>
    public string Kind { get; }

    /// <summary>As in <see cref="Model.Summary"/>; empty where there is no choice.</summary>
    public string Algorithm { get; }

    /// <summary>What of the node was timed.</summary>
    public Pass Pass { get; }

    /// <summary>How often.</summary>
    public long Calls { get; }

    /// <summary>Of all calls.</summary>
    public TimeSpan Time { get; }

    /// <summary>Of all calls: 2 for a multiplication and an addition, whatever the algorithm.</summary>
    public double Flops { get; }

    /// <summary>Of all calls: each tensor read or written once.</summary>
    public double Bytes { get; }
}

/// <summary>
/// Where the time of a session's runs or of a trainer's steps goes, node by node: see <see cref="Session.Profile"/> and
/// <see cref="Trainer.Profile"/>. It times until it is disposed or another one is started on the same object, and what it has
/// measured stays after that object. To read it takes the turn of the object that it watches: while another thread is in a
/// call on that one, <see cref="ErrorCode.Busy"/> is thrown. A handler of <see cref="Trainer.Fit"/> may read it.
/// </summary>
public sealed unsafe class Profile : FoveaObject
{
    private readonly FoveaObject _watched;

    internal Profile(ProfileHandle handle, FoveaObject watched) : base(handle) => _watched = watched;

    internal static fv_profile_desc Native(ProfileOptions? it) =>
        new() { struct_size = (uint)sizeof(fv_profile_desc), max_events = it?.MaxEvents ?? 0 };

    private ProfileHandle Handle => Alive<ProfileHandle>();

    /// <summary>Those of a trainer that are of no node, then the nodes in the order of the network, and these again where a
    /// larger batch has made the trainer plan anew.</summary>
    public ProfileRow[] Rows()
    {
        var handle = Handle;
        using var turn = _watched.TurnToLook();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_profile_rows(handle, null, 0, &count, &error), &error);
        var rows = new fv_profile_row[(int)count];
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held); // the names are lent by the profile
            fixed (fv_profile_row* first = rows)
                Call.Check(NativeMethods.fv_profile_rows(handle, first, count, &count, &error), &error);
            return Array.ConvertAll(rows, row => new ProfileRow(row));
        }
        finally
        {
            if (held) handle.DangerousRelease();
        }
    }

    /// <summary>A table for people: calls, milliseconds a call, share of the time, GFLOP/s and GB/s of each node and pass.
    /// </summary>
    public string Table()
    {
        using var turn = _watched.TurnToLook();
        fv_error error;
        nuint needed;
        Call.Check(NativeMethods.fv_profile_table(Handle, null, 0, &needed, &error), &error);
        using var memory = new CallMemory();
        var text = memory.Array<byte>(checked((int)needed));
        Call.Check(NativeMethods.fv_profile_table(Handle, text, needed, &needed, &error), &error);
        return Call.Text(text);
    }

    /// <summary>Writes the first timings, as many as are kept, as a JSON file for chrome://tracing or Perfetto.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/> (no such folder),
    /// <see cref="ErrorCode.IO"/>.</exception>
    public void WriteTrace(string path)
    {
        using var turn = _watched.TurnToLook();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_profile_write_trace(Handle, memory.Required(path), &error), &error);
    }
}
