namespace Fovea;

/// <summary>What the header of an image says.</summary>
public sealed record ImageInfo
{
    /// <summary>Upright.</summary>
    public long Height { get; internal init; }

    /// <summary>Upright.</summary>
    public long Width { get; internal init; }

    /// <summary>As the file has them: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.</summary>
    public int Channels { get; internal init; }

    /// <summary>EXIF's, 1 to 8: how the stored picture is turned to be upright; 1: not at all.</summary>
    public int Orientation { get; internal init; }
}

/// <summary>How <see cref="Image.Decode"/> and <see cref="Image.DecodeFile"/> decode.</summary>
public sealed record DecodeOptions
{
    /// <summary>1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 0: as the file has.</summary>
    public int Channels { get; init; }

    /// <summary>JPEG and PNG stay as they are stored, whatever their EXIF orientation says.</summary>
    public bool KeepOrientation { get; init; }

    /// <summary>Refuse larger ones before anything is decoded, at most 2^28; 0: 2^27.</summary>
    public long MaxPixels { get; init; }

    internal static unsafe fv_image_desc Native(DecodeOptions? it) => new()
    {
        struct_size = (uint)sizeof(fv_image_desc),
        channels = it?.Channels ?? 0,
        keep_orientation = Call.Flag(it?.KeepOrientation ?? false),
        max_pixels = it?.MaxPixels ?? 0,
    };
}

/// <summary>
/// Images in files: JPEG, PNG, BMP, TGA, GIF (its first frame), PSD, Radiance HDR and PNM, told by content.
/// </summary>
public sealed unsafe class Image
{
    private readonly byte[] _pixels;

    private Image(byte[] pixels, fv_buffer buffer)
    {
        _pixels = pixels;
        Height = buffer.shape[0];
        Width = buffer.shape[1];
        Channels = (int)buffer.shape[2];
    }

    /// <summary>Rows from the top, pixels from the left, channels.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <summary>In pixels.</summary>
    public long Height { get; }

    /// <summary>In pixels.</summary>
    public long Width { get; }

    /// <summary>1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.</summary>
    public int Channels { get; }

    private delegate int Read(fv_buffer* buffer, nuint* needed, fv_error* error);

    /// <summary>Looks at the header of an image in memory.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Format"/>, <see cref="ErrorCode.Unsupported"/>.</exception>
    public static ImageInfo GetInfo(ReadOnlySpan<byte> bytes)
    {
        var info = new fv_image_info { struct_size = (uint)sizeof(fv_image_info) };
        fv_error error;
        fixed (byte* data = bytes)
            Call.Check(NativeMethods.fv_image_get_info(data, (nuint)bytes.Length, &info, &error), &error);
        return From(info);
    }

    /// <summary>Looks at the header of a file.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/>, <see cref="ErrorCode.Unsupported"/>.</exception>
    public static ImageInfo GetFileInfo(string path)
    {
        using var memory = new CallMemory();
        var info = new fv_image_info { struct_size = (uint)sizeof(fv_image_info) };
        fv_error error;
        Call.Check(NativeMethods.fv_image_get_file_info(memory.Required(path), &info, &error), &error);
        return From(info);
    }

    /// <summary>The pixels of an image in memory.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Format"/> (more than the allowed pixels, too),
    /// <see cref="ErrorCode.Unsupported"/>.</exception>
    public static Image Decode(Context context, ReadOnlySpan<byte> bytes, DecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        var desc = DecodeOptions.Native(options);
        fixed (byte* data = bytes)
        {
            var (first, size, how) = ((nint)data, (nuint)bytes.Length, (nint)(&desc));
            return From((buffer, needed, error) => NativeMethods.fv_image_decode(context.Handle, (void*)first, size,
                (fv_image_desc*)how, buffer, needed, error));
        }
    }

    /// <summary>The pixels of a file.</summary>
    /// <exception cref="FoveaException"><see cref="ErrorCode.NotFound"/>, <see cref="ErrorCode.IO"/>,
    /// <see cref="ErrorCode.Format"/>, <see cref="ErrorCode.Unsupported"/>.</exception>
    public static Image DecodeFile(Context context, string path, DecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var memory = new CallMemory();
        var desc = DecodeOptions.Native(options);
        var (name, how) = ((nint)memory.Required(path), (nint)(&desc));
        return From((buffer, needed, error) => NativeMethods.fv_image_decode_file(context.Handle, (byte*)name,
            (fv_image_desc*)how, buffer, needed, error));
    }

    private static ImageInfo From(in fv_image_info info) => new()
    {
        Height = info.height,
        Width = info.width,
        Channels = info.channels,
        Orientation = info.orientation,
    };

    private static Image From(Read read)
    {
        var buffer = new fv_buffer();
        nuint needed;
        fv_error error;
        Call.Check(read(&buffer, &needed, &error), &error);
        var pixels = new byte[(int)needed];
        fixed (byte* data = pixels)
        {
            buffer.data = data;
            buffer.capacity = needed;
            Call.Check(read(&buffer, &needed, &error), &error);
        }
        return new Image(pixels, buffer);
    }
}
