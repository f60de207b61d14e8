namespace Fovea;

/// <summary>The native library that does the work.</summary>
public static class FoveaLibrary
{
    /// <summary>
    /// The version of the native library that is loaded. The first use of anything here loads it: from the folder that
    /// the environment variable <c>FOVEA_LIB_DIR</c> names, else from the program's folder or its packages, else from
    /// where the system's loader looks.
    /// </summary>
    /// <exception cref="DllNotFoundException">There is no such library; the message says what to do.</exception>
    /// <exception cref="FoveaException"><see cref="ErrorCode.Mismatch"/>: it is of another version.</exception>
    public static Version Version => NativeLoader.VersionOf(NativeMethods.fv_version());

    /// <summary>The version of the native library that this package was made for.</summary>
    public static Version ExpectedVersion => NativeLoader.VersionOf(NativeMethods.FV_VERSION);
}
