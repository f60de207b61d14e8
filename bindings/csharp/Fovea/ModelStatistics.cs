namespace Fovea;

/// <summary>How <see cref="Model.Statistics"/> counts.</summary>
public sealed record StatisticsOptions
{
    /// <summary>Of the histograms; 0: none.</summary>
    public int Bins { get; init; }

    /// <summary>Of the first bin; with neither bound: -1 to 1.</summary>
    public double? Low { get; init; }

    /// <summary>Of the last bin.</summary>
    public double? High { get; init; }

    /// <summary>Null: 0.99.</summary>
    public double? Saturation { get; init; }

    /// <summary>As in a training step: noise is drawn, batch norm takes the batch's own statistics.</summary>
    public bool Training { get; init; }

    /// <summary>Of the noise in training.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What one node gives on a batch.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Mean">Of all values.</param>
/// <param name="StandardDeviation">Of all values.</param>
/// <param name="Minimum">The least value.</param>
/// <param name="Maximum">The largest value.</param>
/// <param name="Dead">Share of the units that are 0 for every sample.</param>
/// <param name="Saturated">Share of the values above the saturation in size.</param>
/// <param name="Histogram">Counts.</param>
public sealed record NodeStatistics(string Node, double Mean, double StandardDeviation, double Minimum, double Maximum,
    double Dead, double Saturated, long[] Histogram);

public sealed unsafe partial class Model
{
    /// <summary>Parameters and state as a new model with this seed has them.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Busy"/>.</exception>
    public void Reinitialize(ulong seed)
    {
        fv_error error;
        Call.Check(NativeMethods.fv_model_reinitialize(Handle, seed, &error), &error);
    }

    /// <summary>
    /// Layer-sequential unit-variance initialisation on a batch: kernels become orthogonal and are scaled until their
    /// layer's output has variance 1.
    /// </summary>
    /// <param name="inputs">One for each of the model's inputs.</param>
    /// <param name="tolerance">How far the variance may be from 1; null: 0.1.</param>
    /// <param name="maxIterations">For each layer; 0: 10.</param>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: shapes, a layer that does not come to 1;
    /// <see cref="ErrorCode.Busy"/>.</exception>
    public void Lsuv(ReadOnlySpan<Tensor> inputs, double? tolerance = null, int maxIterations = 0)
    {
        using var memory = new CallMemory();
        var from = memory.Array<fv_tensor>(inputs.Length);
        for (var i = 0; i < inputs.Length; ++i) from[i] = memory.Pin(inputs[i]);
        var desc = new fv_lsuv_desc
        {
            struct_size = (uint)sizeof(fv_lsuv_desc),
            max_iterations = maxIterations,
            tolerance = Call.Number(tolerance),
        };
        fv_error error;
        Call.Check(NativeMethods.fv_model_lsuv(Handle, from, (nuint)inputs.Length, &desc, &error), &error);
    }

    /// <summary>Measures the running mean and variance of every batch norm anew, as for averaged weights.</summary>
    /// <param name="data">What the network is run on, in training mode.</param>
    /// <param name="batchSize">0: 32.</param>
    /// <param name="batches">At most; 0: all.</param>
    /// <param name="seed">Of the order of the samples and of dropout.</param>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public void UpdateBatchNorm(Dataset data, int batchSize = 0, long batches = 0, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(data);
        var desc = new fv_batch_norm_update_desc
        {
            struct_size = (uint)sizeof(fv_batch_norm_update_desc),
            batch_size = batchSize,
            batches = batches,
            seed = seed,
        };
        fv_error error;
        Call.Check(NativeMethods.fv_model_update_batch_norm(Handle, data.Handle, &desc, &error), &error);
    }

    /// <summary>Runs the network on a batch and measures every node, in the order of the graph.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>, <see cref="ErrorCode.Busy"/>.</exception>
    public NodeStatistics[] Statistics(ReadOnlySpan<Tensor> inputs, StatisticsOptions? options = null)
    {
        options ??= new StatisticsOptions();
        using var memory = new CallMemory();
        var from = memory.Array<fv_tensor>(inputs.Length);
        for (var i = 0; i < inputs.Length; ++i) from[i] = memory.Pin(inputs[i]);
        var nodes = Info.Nodes;
        var rows = new fv_node_statistics[nodes];
        var histogram = new long[nodes * options.Bins];
        fixed (fv_node_statistics* row = rows)
        fixed (long* counts = histogram)
        {
            var desc = new fv_statistics_desc
            {
                struct_size = (uint)sizeof(fv_statistics_desc),
                bins = options.Bins,
                low = Call.Number(options.Low),
                high = Call.Number(options.High),
                saturation = Call.Number(options.Saturation),
                histogram = counts,
                training = Call.Flag(options.Training),
                seed = options.Seed,
            };
            fv_error error;
            nuint needed;
            Call.Check(NativeMethods.fv_model_statistics(Handle, from, (nuint)inputs.Length, &desc, row, (nuint)nodes,
                &needed, &error), &error);
        }
        var result = new NodeStatistics[nodes];
        for (var i = 0; i < nodes; ++i)
            result[i] = new NodeStatistics(Call.Text(rows[i].node), rows[i].mean, rows[i].stddev, rows[i].minimum,
                rows[i].maximum, rows[i].dead, rows[i].saturated,
                histogram[(i * options.Bins)..((i + 1) * options.Bins)]);
        return result;
    }
}
