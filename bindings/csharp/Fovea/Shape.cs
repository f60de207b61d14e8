using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Fovea;

/// <summary>
/// The extents of a tensor, at most 8, outermost first: <c>Shape s = [28, 28, 1];</c>. Images are height, width, channels.
/// </summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<long>
{
    /// <summary>The largest rank.</summary>
    public const int MaxRank = NativeMethods.FV_MAX_RANK;

    [InlineArray(MaxRank)]
    private struct Storage
    {
        private long _first;
    }

    private readonly Storage _extents;

    private Shape(ReadOnlySpan<long> extents)
    {
        if (extents.Length > MaxRank)
            throw new ArgumentException($"a shape has at most {MaxRank} extents, not {extents.Length}", nameof(extents));
        _extents = default;
        extents.CopyTo(_extents);
        Rank = extents.Length;
    }

    /// <summary>A shape of these extents.</summary>
    public static Shape Create(ReadOnlySpan<long> extents) => new(extents);

    internal static unsafe Shape From(long* extents, int rank) => new(new ReadOnlySpan<long>(extents, rank));

    /// <summary>The number of extents.</summary>
    public int Rank { get; }

    /// <summary>One extent.</summary>
    public long this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Rank);
            return _extents[index];
        }
    }

    int IReadOnlyCollection<long>.Count => Rank;

    /// <summary>The number of values that a tensor of this shape has; 1 for a shape without extents.</summary>
    public long Elements
    {
        get
        {
            var product = 1L;
            for (var i = 0; i < Rank; ++i) product = checked(product * _extents[i]);
            return product;
        }
    }

    /// <summary>This shape with one more extent in front.</summary>
    public Shape Prepend(long extent)
    {
        if (Rank == MaxRank) throw new InvalidOperationException($"a shape has at most {MaxRank} extents");
        Span<long> extents = stackalloc long[MaxRank];
        extents[0] = extent;
        CopyTo(extents[1..]);
        return new Shape(extents[..(Rank + 1)]);
    }

    /// <summary>The extents as an array.</summary>
    public long[] ToArray() => Extents.ToArray();

    [UnscopedRef]
    private ReadOnlySpan<long> Extents => ((ReadOnlySpan<long>)_extents)[..Rank];

    /// <summary>Copies the extents.</summary>
    /// <exception cref="ArgumentException">There is no room for them.</exception>
    public void CopyTo(Span<long> destination) => Extents.CopyTo(destination);

    /// <inheritdoc/>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape other) => Extents.SequenceEqual(other.Extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var extent in Extents) hash.Add(extent);
        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>"[28, 28, 1]".</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";
}
