namespace Fovea;

/// <summary>How well one class is told. A quotient 0 / 0 counts as 0.</summary>
/// <param name="Precision">Right among those predicted as it.</param>
/// <param name="Recall">Right among those that truly are it.</param>
/// <param name="F1">2 * precision * recall / (precision + recall).</param>
public readonly record struct ClassScore(double Precision, double Recall, double F1);

/// <summary>How often each class was taken for each: rows are true classes, columns predictions.</summary>
public sealed unsafe class ConfusionMatrix
{
    private readonly long[] _counts;

    internal ConfusionMatrix(int classes)
    {
        Classes = classes;
        _counts = new long[checked(classes * classes)];
    }

    /// <summary>A matrix of known counts, row by row.</summary>
    /// <exception cref="ArgumentException">They are not classes * classes.</exception>
    public ConfusionMatrix(int classes, ReadOnlySpan<long> counts)
    {
        if (classes < 1 || counts.Length != (long)classes * classes)
            throw new ArgumentException($"{counts.Length} counts do not make a matrix of {classes} classes", nameof(counts));
        Classes = classes;
        _counts = counts.ToArray();
    }

    /// <summary>The number of classes.</summary>
    public int Classes { get; }

    /// <summary>How many samples of class <paramref name="actual"/> were taken for <paramref name="predicted"/>.</summary>
    public long this[int actual, int predicted]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(actual);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(actual, Classes);
            ArgumentOutOfRangeException.ThrowIfNegative(predicted);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(predicted, Classes);
            return _counts[actual * Classes + predicted];
        }
    }

    /// <summary>All counts, row by row.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Precision, recall and F1 of each class.</summary>
    public ClassScore[] Scores()
    {
        using var memory = new CallMemory();
        var precision = memory.Array<double>(Classes);
        var recall = memory.Array<double>(Classes);
        var f1 = memory.Array<double>(Classes);
        fv_error error;
        fixed (long* counts = _counts)
            Call.Check(NativeMethods.fv_confusion_scores(counts, (nuint)Classes, precision, recall, f1, &error), &error);
        var scores = new ClassScore[Classes];
        for (var k = 0; k < Classes; ++k) scores[k] = new ClassScore(precision[k], recall[k], f1[k]);
        return scores;
    }
}
