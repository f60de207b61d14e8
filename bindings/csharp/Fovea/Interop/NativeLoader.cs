using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Spans and structs go over as they are; nothing is marshalled behind our back. Locals are not cleared, for every
// call has room for an error of 512 bytes.
[assembly: DisableRuntimeMarshalling]
[module: SkipLocalsInit]

namespace Fovea;

internal static unsafe partial class NativeMethods
{
    static NativeMethods() => NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, NativeLoader.Resolve);
}

/// <summary>Finds libfovea, and says what to do where it is missing or of another version.</summary>
internal static unsafe class NativeLoader
{
    private const string FolderVariable = "FOVEA_LIB_DIR";
    private static readonly object Gate = new();
    private static nint _loaded;

    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != NativeMethods.Library) return 0;
        lock (Gate)
        {
            if (_loaded == 0)
                _loaded = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder
                    ? LoadFrom(folder)
                    : LoadFromUsualPlaces(assembly, searchPath);
            return _loaded;
        }
    }

    /// <summary>The plain name first, then the one with the version, which is all that an installation for programs has.</summary>
    private static string[] FileNames() =>
        OperatingSystem.IsWindows() ? ["fovea.dll", "fovea-0.dll"]
        : OperatingSystem.IsMacOS() ? ["libfovea.dylib", "libfovea.0.dylib"]
        : ["libfovea.so", "libfovea.so.0"];

    internal static nint LoadFrom(string folder)
    {
        foreach (var path in FileNames().Select(file => Path.Combine(folder, file)).Where(File.Exists))
            return Checked(Load(path), path);
        throw new DllNotFoundException(
            $"{FolderVariable} is '{folder}', but there is no {FileNames()[0]} in that folder. Let it name the folder that "
            + "holds the native library, or unset it to use the one beside the program or the system's.");
    }

    private static nint LoadFromUsualPlaces(Assembly assembly, DllImportSearchPath? searchPath)
    {
        // The program's folder, its packages' runtimes folders, then the system's places.
        foreach (var name in FileNames().Prepend(NativeMethods.Library))
            if (NativeLibrary.TryLoad(name, assembly, searchPath, out var library))
                return Checked(library, name);
        // A file that is there but does not load says why.
        var own = AppContext.BaseDirectory;
        foreach (var path in FileNames().Select(file => Path.Combine(own, file)).Where(File.Exists))
            return Checked(Load(path), path);
        throw new DllNotFoundException(
            $"The native library libfovea was not found. Do one of these: set {FolderVariable} to the folder that holds "
            + $"{FileNames()[0]}; copy {FileNames()[0]} to the program's folder, {own}; or install it where the system's "
            + "loader looks (meson install, then ldconfig).");
    }

    private static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(
                $"The native library {path} is there but cannot be loaded: a library that it needs may be missing, or it "
                + $"was built for another platform. {e.Message}", e);
        }
    }

    /// <summary>Before 1.0 a minor version may change anything; within one, fields and functions are only added.</summary>
    internal static bool IsCompatible(uint found, uint needed) => found / 100 == needed / 100 && found >= needed;

    internal static Version VersionOf(uint number) =>
        new((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100));

    private static nint Checked(nint library, string place)
    {
        const string remedy = "Install the library and the package of the same version, or let "
            + FolderVariable + " name the folder of the right library.";
        var needed = VersionOf(NativeMethods.FV_VERSION);
        if (!NativeLibrary.TryGetExport(library, nameof(NativeMethods.fv_version), out var address))
            throw new FoveaException(ErrorCode.Mismatch, $"The library {place} is not libfovea: it has no fv_version. {remedy}");
        var found = ((delegate* unmanaged[Cdecl]<uint>)address)();
        if (!IsCompatible(found, NativeMethods.FV_VERSION))
            throw new FoveaException(ErrorCode.Mismatch,
                $"The library {place} is version {VersionOf(found)}, but this package needs {needed} or a later "
                + $"{needed.ToString(2)}. {remedy}");
        return library;
    }
}
