namespace Fovea.Tests;

public sealed class AugmentTests : InFolder
{
    private static readonly byte[] Picture = [.. Enumerable.Range(0, 12 * 16 * 3).Select(i => (byte)(i * 37 % 251))];
    private readonly Context _context = new(new() { Threads = 1 });

    private static Tensor Image => Tensor.Of(Picture, [12, 16, 3]);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _context.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Apply(Augmentation augmentation, byte[] pixels, long position = 0)
    {
        var result = new byte[pixels.Length];
        Assert.Equal([12, 16, 3], augmentation.Apply<byte>(Tensor.Of(pixels, [12, 16, 3]), 1, 0, position, result));
        return result;
    }

    [Fact]
    public void AFlipTwiceIsTheIdentity()
    {
        using var flip = Augmentation.Create(_context, [new(AugmentKind.HorizontalFlip) { Probability = 1 }]);
        var flipped = Apply(flip, Picture);
        Assert.Equal(Picture[45..48], flipped[..3]);
        Assert.Equal(Picture, Apply(flip, flipped));
    }

    [Fact]
    public void EveryOptionArrives()
    {
        using var steps = Augmentation.Create(_context,
        [
            new(AugmentKind.Shift, -2, 2) { SecondRange = (-1, 1), Pixels = true, FillMode = FillMode.Wrap },
            new(AugmentKind.Rotation, -10, 10) { Interpolation = Interpolation.Bicubic, FillMode = FillMode.Reflect },
            new(AugmentKind.Lens, 0, 0),
            new(AugmentKind.ColorOffset) { Colors = new() { Axes = new double[9], Variances = new double[] { 1, 0, 0 } } },
            new(AugmentKind.Erasing) { RandomFill = true, Probability = 0 },
            new(AugmentKind.RandAugment) { Count = 1, Magnitude = 0 },
            new(AugmentKind.Crop) { Size = (14, 10), Padding = 2, FillValue = 7 },
            new(AugmentKind.Rescale, 1 / 255.0, 1 / 255.0),
        ]);
        Assert.Equal([14, 10, 3], steps.ShapeOf([12, 16, 3]));
        var result = new float[14 * 10 * 3];
        steps.Apply<float>(Image, 1, 2, 3, result);
        Assert.All(result, v => Assert.InRange(v, 0, 1));
        var e = Small.Fails(ErrorCode.InvalidArgument, () => Augmentation.Create(_context, [new(AugmentKind.Rotation)]));
        Assert.Contains("step 0 (rotation) needs a range", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => steps.ShapeOf([12, 16]));
    }

    [Fact]
    public void DatasetsAreAugmentedAndTheirColorsFitted()
    {
        using var data = Dataset.FromMemory(_context,
            new() { Samples = Tensor.Of(Picture, [4, 4, 12, 3]), Labels = Tensor.Of(new int[4], [4]) });
        var colors = ColorAxes.Fit(data);
        Assert.True(colors.Variances.Span[0] >= colors.Variances.Span[2]);
        using var offset = Augmentation.Create(_context, [new(AugmentKind.ColorOffset) { Colors = colors }]);
        using var augmented = data.Augment(offset);
        Assert.Equal([4, 12, 3], augmented.Info.Shape);
        Assert.NotEqual(data.Info.Fingerprint, augmented.Info.Fingerprint);
        var (one, again) = (new byte[144], new byte[144]);
        augmented.Get<byte>(2, one);
        augmented.Get<byte>(2, again);
        Assert.Equal(one, again);
    }

    [Fact]
    public void CallbacksRunAndFail()
    {
        var calls = 0;
        using var augmentation = Augmentation.Create(_context,
        [
            new(AugmentKind.Callback)
            {
                Name = "brighter",
                Function = image =>
                {
                    Assert.Equal([12, 16, 3], image.Shape);
                    if (++calls == 2) throw new FoveaException(ErrorCode.Mismatch, "not this one");
                    if (calls == 3) image.Values<float>()[0] = 1;
                    image.Values<byte>()[0] = 255;
                },
            },
        ]);
        Assert.Equal(255, Apply(augmentation, Picture)[0]);
        Assert.Contains("not this one", Small.Fails(ErrorCode.Mismatch, () => { Apply(augmentation, Picture); }).Message,
            StringComparison.Ordinal);
        Assert.Contains("the image is of type U8",
            Small.Fails(ErrorCode.Internal, () => { Apply(augmentation, Picture); }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KerasNamesAreKnown()
    {
        using var keras = Augmentation.FromKeras(_context, new()
        {
            RotationRange = 20, WidthShiftRange = 0.1, HeightShiftRange = 2, BrightnessRange = (0.8, 1.2), ShearRange = 5,
            ZoomRange = (0.9, 1.1), ChannelShiftRange = 10, FillMode = FillMode.Reflect, HorizontalFlip = true,
            VerticalFlip = true, PreprocessingFunction = static image => image.Values<byte>()[0] = 1,
        });
        var first = Apply(keras, Picture);
        Assert.Equal(1, first[0]);
        Assert.NotEqual(first, Apply(keras, Picture, 1));
        using var nothing = Augmentation.FromKeras(_context, new());
        Assert.Equal(Picture, Apply(nothing, Picture));
        Small.Fails(ErrorCode.InvalidArgument, () => Augmentation.FromKeras(_context, new() { ZoomRange = (2, 1) }));
    }

    [Fact]
    public void AContactSheetIsDrawn()
    {
        using var rotation = Augmentation.Create(_context, [new(AugmentKind.Rotation, -30, 30)]);
        rotation.ContactSheet(Place("sheet.png"), Image, new() { Count = 6, Columns = 3, Zoom = 2 });
        Assert.Equal((byte)'P', File.ReadAllBytes(Place("sheet.png"))[1]);
    }
}
