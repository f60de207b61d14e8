namespace Fovea.Tests;

public sealed class LoaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Library => Path.Combine(_folder.FullName,
        OperatingSystem.IsWindows() ? "fovea.dll" : OperatingSystem.IsMacOS() ? "libfovea.dylib" : "libfovea.so");

    [Fact]
    public void AFolderWithoutTheLibraryIsNamed()
    {
        var e = Assert.Throws<DllNotFoundException>(() => NativeLoader.LoadFrom(_folder.FullName));
        Assert.Contains("FOVEA_LIB_DIR", e.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.FullName, e.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(Library), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNoLibraryIsNamed()
    {
        File.WriteAllText(Library, "no library");
        var e = Assert.Throws<DllNotFoundException>(() => NativeLoader.LoadFrom(_folder.FullName));
        Assert.Contains(Library, e.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be loaded", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherLibraryIsRefused()
    {
        var other = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*System.Native.*")
            .Single(file => !file.EndsWith(".a", StringComparison.Ordinal));
        File.Copy(other, Library);
        var e = Assert.Throws<FoveaException>(() => NativeLoader.LoadFrom(_folder.FullName));
        Assert.Equal(ErrorCode.Mismatch, e.Code);
        Assert.Contains(Library, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100u, 100u, true)]
    [InlineData(105u, 100u, true)]
    [InlineData(100u, 105u, false)]
    [InlineData(200u, 100u, false)]
    [InlineData(10100u, 100u, false)]
    public void VersionsAgreeWithinAMinorOne(uint found, uint needed, bool compatible) =>
        Assert.Equal(compatible, NativeLoader.IsCompatible(found, needed));

    [Fact]
    public void VersionIsReadable() => Assert.Equal(new Version(1, 23, 45), NativeLoader.VersionOf(12345));
}
