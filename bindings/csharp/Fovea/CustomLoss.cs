using System.Numerics;

namespace Fovea;

/// <summary>
/// A loss of the host's own, registered with <see cref="Context.RegisterLoss"/> and used through
/// <see cref="LossOptions.Custom"/>. It runs as an <see cref="ICustomLayer"/> does.
/// </summary>
public interface ICustomLoss
{
    /// <summary>Rows are places of the last axis, as for softmax cross-entropy; else whole samples.</summary>
    bool OverClasses => false;

    /// <summary>Writes the loss of each row and, where it is wanted, its gradient. The library multiplies by weights, and sums
    /// or takes the mean.</summary>
    /// <typeparam name="T">The model's element type: <see cref="float"/> or <see cref="double"/>.</typeparam>
    void Evaluate<T>(LossRows<T> rows) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Rows of outputs: see <see cref="ICustomLoss.Evaluate"/>. What is to be written is zero at first.</summary>
/// <typeparam name="T">The model's element type.</typeparam>
public readonly unsafe ref struct LossRows<T> where T : unmanaged
{
    private readonly fv_custom_rows* _rows;

    internal LossRows(fv_custom_rows* rows) => _rows = rows;

    /// <summary>How many.</summary>
    public int Count => checked((int)_rows->rows);

    /// <summary>Elements of a row.</summary>
    public int Columns => checked((int)_rows->columns);

    /// <summary>Of one sample of the output.</summary>
    public Shape Shape => Shape.From(_rows->shape, _rows->rank);

    /// <summary>Rows by columns.</summary>
    public ReadOnlySpan<T> Output => CustomNative.Span<T>((void*)_rows->output, _rows->rows * _rows->columns);

    /// <summary>Rows by columns; empty where there are labels.</summary>
    public ReadOnlySpan<T> Targets => CustomNative.Span<T>((void*)_rows->targets, _rows->rows * _rows->columns);

    /// <summary>One for each row; empty where there are targets.</summary>
    public ReadOnlySpan<int> Labels => CustomNative.Span<int>(_rows->labels, _rows->rows);

    /// <summary>What each row counts; one of weight 0 counts nothing.</summary>
    public ReadOnlySpan<double> Weights => CustomNative.Span<double>(_rows->weights, _rows->rows);

    /// <summary>One for each row, to be written.</summary>
    public Span<double> Losses => CustomNative.Span<double>(_rows->losses, _rows->rows);

    /// <summary>Rows by columns, to be written; empty where it is not wanted.</summary>
    public Span<T> Gradient => CustomNative.Span<T>(_rows->gradient, _rows->rows * _rows->columns);

    /// <summary>Writes what one of the library's losses with default options gives for these rows, to build upon.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.InvalidArgument"/>: a loss that takes targets on labels, or the
    /// reverse.</exception>
    public void Write(Loss loss)
    {
        fv_error error;
        Call.Check(NativeMethods.fv_custom_rows_loss(_rows, (int)loss, &error), &error);
    }
}
