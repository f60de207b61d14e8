namespace Fovea;

/// <summary>What <see cref="Model.Tune"/> times.</summary>
public sealed record TuneOptions
{
    /// <summary>0: 32.</summary>
    public int BatchSize { get; init; }

    /// <summary>All passes of a training step; else the forward pass of a session alone.</summary>
    public bool Training { get; init; }

    /// <summary>Of each timing, up to 1000; the fastest counts; 0: 3.</summary>
    public int Repetitions { get; init; }
}

/// <summary>What <see cref="Model.Tune"/> has found.</summary>
/// <param name="Changed">Layers that are computed in another way than before.</param>
/// <param name="Before">Of a pass or step, as the sum over the layers.</param>
/// <param name="After">Likewise, with the choices made.</param>
public readonly record struct Tuning(int Changed, TimeSpan Before, TimeSpan After);

public sealed unsafe partial class Model
{
    /// <summary>
    /// Times the ways to compute each convolution that leaves its algorithm open, and keeps the fastest. The choices are
    /// saved with the model and in checkpoints, and give the same bits wherever they are loaded.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/> (the model has
    /// a trainer, or a session runs).</exception>
    /// <exception cref="OperationCanceledException">The cancellation token was cancelled; nothing has changed.</exception>
    public Tuning Tune(TuneOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var cancellation = new Cancellation(null, cancellationToken);
        var desc = new fv_tune_desc
        {
            struct_size = (uint)sizeof(fv_tune_desc),
            batch_size = options?.BatchSize ?? 0,
            training = Call.Flag(options?.Training ?? false),
            repetitions = options?.Repetitions ?? 0,
            cancel = cancellation.Native,
        };
        var found = new fv_tuning { struct_size = (uint)sizeof(fv_tuning) };
        fv_error error;
        cancellation.Check(NativeMethods.fv_model_tune(Handle, &desc, &found, &error), &error);
        return new(found.changed, TimeSpan.FromSeconds(found.seconds_before), TimeSpan.FromSeconds(found.seconds_after));
    }
}
