namespace Fovea;

/// <content>Metrics of the training, and named values of the history.</content>
public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Measures on the fly from now on, on the output of the first loss in training mode, over the epoch so far. Metrics that
    /// are measured already go on; others begin with nothing. Part of the checkpoint.
    /// </summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: as <see cref="Fovea.Metrics"/>.</exception>
    public void SetMetrics(IReadOnlyList<Metric> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        using var turn = TakeTurnToTrain();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_set_metrics(Handle, Metric.Native(metrics, memory), (nuint)metrics.Count, &error),
            &error);
    }

    /// <summary>Its metrics with their names, from a checkpoint too.</summary>
    public Metric[] Metrics()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_trainer_metric_values(Handle, null, 0, &count, &error), &error);
        var metrics = new Metric[(int)count];
        for (nuint i = 0; i < count; ++i)
        {
            var desc = new fv_metric_desc { struct_size = (uint)sizeof(fv_metric_desc) };
            Call.Check(NativeMethods.fv_trainer_get_metric(Handle, i, &desc, &error), &error);
            metrics[i] = new Metric(desc);
        }
        return metrics;
    }

    /// <summary>Their values over the epoch so far; NaN before the first batch.</summary>
    public double[] MetricValues()
    {
        using var turn = TakeTurn();
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_trainer_metric_values(Handle, null, 0, &count, &error), &error);
        var values = new double[(int)count];
        fixed (double* to = values)
            Call.Check(NativeMethods.fv_trainer_metric_values(Handle, to, count, &count, &error), &error);
        return values;
    }

    /// <summary>Begins to count anew, as each epoch of <see cref="Next"/> does.</summary>
    public void ResetMetrics()
    {
        using var turn = TakeTurn();
        NativeMethods.fv_trainer_reset_metrics(Handle);
    }

    /// <summary>A value with a name for the row of the history that is recorded next, beside its own numbers.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a name of <see cref="HistoryRow"/>'s own.
    /// </exception>
    public void RecordValue(string name, double value)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        fv_error error;
        Call.Check(NativeMethods.fv_trainer_record_value(Handle, memory.Required(name), value, &error), &error);
    }

    /// <summary>The names of such values, in the order in which they first came.</summary>
    public string[] SeriesNames()
    {
        using var turn = TakeTurn();
        var names = new List<string>();
        for (nuint i = 0; NativeMethods.fv_trainer_series_name(Handle, i) is var name && name != null; ++i)
            names.Add(Call.Text(name));
        return [.. names];
    }

    /// <summary>The values of a series, or of a number of <see cref="HistoryRow"/> by its name in C ("val_loss"), one for each
    /// row; NaN where there was none.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>.</exception>
    public double[] Series(string name)
    {
        using var turn = TakeTurn();
        using var memory = new CallMemory();
        var text = memory.Required(name);
        fv_error error;
        nuint count;
        Call.Check(NativeMethods.fv_trainer_series(Handle, text, null, 0, &count, &error), &error);
        var values = new double[(int)count];
        fixed (double* to = values)
            Call.Check(NativeMethods.fv_trainer_series(Handle, text, to, count, &count, &error), &error);
        return values;
    }
}
