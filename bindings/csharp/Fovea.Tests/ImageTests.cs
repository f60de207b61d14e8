using System.Text;

namespace Fovea.Tests;

public sealed class ImageTests : InFolder
{
    private static readonly byte[] Ppm = Encoding.ASCII.GetBytes("P6 3 2 255\nABCDEFGHIJKLMNOPQR");

    [Fact]
    public void BytesAndFiles()
    {
        using var context = new Context();
        File.WriteAllBytes(Place("a.ppm"), Ppm);
        var info = Image.GetFileInfo(Place("a.ppm"));
        Assert.Equal(info, Image.GetInfo(Ppm));
        Assert.Equal((2, 3, 3, 1), (info.Height, info.Width, info.Channels, info.Orientation));
        var image = Image.DecodeFile(context, Place("a.ppm"));
        Assert.Equal(Ppm[11..], image.Pixels.ToArray());
        Assert.Equal(image.Pixels.ToArray(), Image.Decode(context, Ppm).Pixels.ToArray());
        var alpha = Image.Decode(context, Ppm, new() { Channels = 4 });
        Assert.Equal((2, 3, 4), (alpha.Height, alpha.Width, alpha.Channels));
        Assert.Equal(255, alpha.Pixels.Span[3]);
    }

    [Fact]
    public void Errors()
    {
        using var context = new Context();
        Small.Fails(ErrorCode.Unsupported, () => Image.GetInfo("no image"u8));
        Small.Fails(ErrorCode.NotFound, () => Image.GetFileInfo(Place("none.png")));
        Small.Fails(ErrorCode.Format, () => Image.Decode(context, Ppm.AsSpan(0, 20)));
        Small.Fails(ErrorCode.Format, () => Image.Decode(context, Ppm, new() { MaxPixels = 5 }));
    }
}
