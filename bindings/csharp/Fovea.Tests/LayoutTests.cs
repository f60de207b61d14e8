using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Fovea.Tests;

/// <summary>Every entry of layout.json, which was measured by a C compiler, against what C# makes of it.</summary>
public sealed partial class LayoutTests
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
    private static readonly JsonElement Layout = ReadLayout();
    private static readonly Assembly Package = typeof(Context).Assembly;

    private static readonly Dictionary<string, Type> Scalars = new()
    {
        ["void"] = typeof(void), ["char"] = typeof(byte), ["double"] = typeof(double), ["size_t"] = typeof(nuint),
        ["int32_t"] = typeof(int), ["uint32_t"] = typeof(uint), ["int64_t"] = typeof(long), ["uint64_t"] = typeof(ulong),
    };

    private static readonly Dictionary<string, Type> Enums = new()
    {
        ["fv_status"] = typeof(ErrorCode), ["fv_dtype"] = typeof(DType), ["fv_log_level"] = typeof(LogLevel),
        ["fv_activation"] = typeof(Activation), ["fv_initializer_kind"] = typeof(InitializerKind),
        ["fv_padding"] = typeof(Padding), ["fv_conv_algorithm"] = typeof(ConvAlgorithm), ["fv_loss"] = typeof(Loss),
        ["fv_optimizer"] = typeof(Optimizer), ["fv_pass"] = typeof(Pass), ["fv_reduction"] = typeof(Reduction),
        ["fv_sharing"] = typeof(Sharing), ["fv_shortcut"] = typeof(Shortcut), ["fv_pad_mode"] = typeof(PadMode),
        ["fv_upsample"] = typeof(Upsample), ["fv_constraint"] = typeof(Constraint), ["fv_averaging"] = typeof(Averaging),
        ["fv_schedule"] = typeof(ScheduleKind), ["fv_monitor"] = typeof(Monitored), ["fv_cycle_shape"] = typeof(CycleShape),
        ["fv_recipe_name"] = typeof(RecipeName), ["fv_mean"] = typeof(Mean),
        ["fv_parameter_role"] = typeof(ParameterRole), ["fv_stop_reason"] = typeof(StopReason),
        ["fv_match"] = typeof(Match),
        ["fv_metric"] = typeof(MetricKind), ["fv_class_average"] = typeof(ClassAverage),
        ["fv_range"] = typeof(SearchRange), ["fv_search_method"] = typeof(SearchMethod),
        ["fv_trial_state"] = typeof(TrialState),
        ["fv_channels"] = typeof(Channels), ["fv_crops"] = typeof(CropViews),
        ["fv_statistic"] = typeof(Statistic), ["fv_whitening"] = typeof(Whitening),
        ["fv_transform_part"] = typeof(TransformPart),
        ["fv_check"] = typeof(Check), ["fv_severity"] = typeof(Severity), ["fv_finding_code"] = typeof(FindingCode),
        ["fv_augment_step"] = typeof(AugmentKind), ["fv_interpolation"] = typeof(Interpolation),
        ["fv_fill_mode"] = typeof(FillMode),
    };

    public static TheoryData<string> Structs => Names("structs");

    public static TheoryData<string> Functions => Names("functions");

    public static TheoryData<string> EnumNames => Names("enums");

    public static TheoryData<string> Constants => Names("constants");

    public static TheoryData<string> Typedefs => Names("typedefs");

    public static TheoryData<string> Callbacks => Names("callbacks");

    public static TheoryData<string> Opaque
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (var name in Layout.GetProperty("opaque").EnumerateArray()) names.Add(name.GetString()!);
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Structs))]
    public void StructHasSizeAndOffsets(string name)
    {
        var type = Package.GetType($"Fovea.{name}", throwOnError: true)!;
        var entry = Layout.GetProperty("structs").GetProperty(name);
        Assert.Equal(entry.GetProperty("size").GetInt32(), Marshal.SizeOf(type));
        var fields = entry.GetProperty("fields").EnumerateObject().ToList();
        Assert.Equal(fields.Count, type.GetFields(Any).Length);
        foreach (var field in fields)
        {
            Assert.Equal(field.Value.GetProperty("offset").GetInt32(), (int)Marshal.OffsetOf(type, field.Name));
            var found = type.GetField(field.Name, Any)!.FieldType;
            Assert.Equal(field.Value.GetProperty("size").GetInt32(), SizeOf(found));
            AssertType(field.Value.GetProperty("type").GetString()!, found, isField: true);
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void FunctionIsDeclaredAndExported(string name)
    {
        var entry = Layout.GetProperty("functions").GetProperty(name);
        var method = typeof(NativeMethods).GetMethod(name, Any);
        Assert.NotNull(method);
        AssertType(entry.GetProperty("returns").GetString()!, method.ReturnType);
        var expected = entry.GetProperty("parameters").EnumerateArray().ToList();
        var found = method.GetParameters();
        Assert.Equal(expected.Select(p => p.GetProperty("name").GetString()), found.Select(p => p.Name));
        for (var i = 0; i < found.Length; ++i)
            AssertType(expected[i].GetProperty("type").GetString()!, found[i].ParameterType);
        Assert.NotEqual(0, NativeLibrary.GetExport(Library, name));
    }

    [Fact]
    public void NothingElseIsImported()
    {
        var imported = typeof(NativeMethods).GetMethods(Any).Where(m => m.Name.StartsWith("fv_", StringComparison.Ordinal));
        var known = Layout.GetProperty("functions").EnumerateObject().Select(f => f.Name);
        Assert.Equal(known.Order(), imported.Select(m => m.Name).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(EnumNames))]
    public void EnumHasTheValues(string name)
    {
        var type = Enums[name];
        Assert.Equal(typeof(int), Enum.GetUnderlyingType(type));
        var values = new HashSet<int>();
        foreach (var value in Layout.GetProperty("enums").GetProperty(name).EnumerateObject())
        {
            Assert.Equal(value.Value.GetInt32(), typeof(NativeMethods).GetField(value.Name, Any)!.GetRawConstantValue());
            values.Add(value.Value.GetInt32());
        }
        // DType has a name for "the default of where it stands" beside those of C.
        var ours = Enum.GetValuesAsUnderlyingType(type).Cast<int>().Where(v => type != typeof(DType) || v != 0);
        Assert.Equal(values.Order(), ours.Order());
    }

    [Theory]
    [MemberData(nameof(EnumNames))]
    public void EnumMembersAreNamedAsInC(string name)
    {
        foreach (var value in Layout.GetProperty("enums").GetProperty(name).EnumerateObject())
        {
            var ours = Enum.GetName(Enums[name], value.Value.GetInt32())!;
            var expected = value.Name == "FV_OK" ? "NONE" : value.Name.Replace("_", "", StringComparison.Ordinal);
            Assert.EndsWith(ours.ToUpperInvariant(), expected, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Constants))]
    public void ConstantHasTheValue(string name)
    {
        var entry = Layout.GetProperty("constants").GetProperty(name);
        var ours = Convert.ToDouble(typeof(NativeMethods).GetField(name, Any)!.GetRawConstantValue(), CultureInfo.InvariantCulture);
        Assert.Equal(entry.GetProperty("value").GetDouble(), ours);
    }

    [Theory]
    [MemberData(nameof(Typedefs))]
    public void TypedefIsKnown(string name)
    {
        var plain = Layout.GetProperty("typedefs").GetProperty(name).GetString()!;
        if (name == "fv_node") Assert.Equal(SizeOf(Scalars[plain]), Marshal.SizeOf<Node>());
        else Assert.Equal(Scalars[plain], Enum.GetUnderlyingType(Enums[name]));
    }

    [Theory]
    [MemberData(nameof(Opaque))]
    public void ObjectHasAHandleAndAClass(string name)
    {
        Assert.True(HandleOf(name).IsSubclassOf(typeof(SafeHandle)));
        var wrapper = Package.GetType(HandleOf(name).FullName!.Replace("Handle", "", StringComparison.Ordinal), throwOnError: true)!;
        Assert.True(wrapper.IsSubclassOf(typeof(FoveaObject)));
        Assert.True(wrapper.IsPublic);
    }

    [Theory]
    [MemberData(nameof(Callbacks))]
    public void CallbackIsUsedAsItIsDeclared(string name)
    {
        var entry = Layout.GetProperty("callbacks").GetProperty(name);
        var uses = Layout.GetProperty("structs").EnumerateObject()
            .SelectMany(s => s.Value.GetProperty("fields").EnumerateObject()
                .Where(f => f.Value.GetProperty("type").GetString() == name)
                .Select(f => Package.GetType($"Fovea.{s.Name}")!.GetField(f.Name, Any)!))
            .ToList();
        // A task comes as a parameter of the parallel_for only.
        if (name != "fv_task_fn") Assert.NotEmpty(uses);
        foreach (var use in uses) AssertCallback(entry, use.FieldType);
    }

    [Fact]
    public void PackageHasTheLibrarysVersion()
    {
        var version = Package.GetName().Version!;
        Assert.Equal(FoveaLibrary.ExpectedVersion, new Version(version.Major, version.Minor, version.Build));
        Assert.Equal(FoveaLibrary.ExpectedVersion.ToString(2), FoveaLibrary.Version.ToString(2));
    }

    private static nint Library => NativeLoader.Resolve(NativeMethods.Library, Package, null);

    private static void AssertCallback(JsonElement entry, Type pointer)
    {
        Assert.True(pointer.IsUnmanagedFunctionPointer);
        AssertType(entry.GetProperty("returns").GetString()!, pointer.GetFunctionPointerReturnType());
        var expected = entry.GetProperty("parameters").EnumerateArray().ToList();
        var found = pointer.GetFunctionPointerParameterTypes();
        Assert.Equal(expected.Count, found.Length);
        for (var i = 0; i < found.Length; ++i) AssertType(expected[i].GetProperty("type").GetString()!, found[i]);
    }

    /// <summary>`text` is a type as C writes it.</summary>
    private static void AssertType(string text, Type found, bool isField = false)
    {
        var array = ArrayType().Match(text);
        if (array.Success && isField)
        {
            var buffer = found.GetFields(Any).Single();
            AssertType(array.Groups[1].Value, buffer.FieldType);
            Assert.Equal(int.Parse(array.Groups[2].Value, CultureInfo.InvariantCulture) * SizeOf(buffer.FieldType), SizeOf(found));
            return;
        }
        if (array.Success) text = array.Groups[1].Value + " *";
        var name = Word().Matches(text).Select(m => m.Value).Single(word => word != "const");
        var stars = text.Count(c => c == '*');
        if (IsOpaque(name))
        {
            // An object is its handle, or its pointer where it is made, lent or destroyed, or stands in a struct.
            if (stars == 1 && found.IsSubclassOf(typeof(SafeHandle))) Assert.Equal(HandleOf(name), found);
            else AssertPointer(typeof(nint), stars - 1, found);
        }
        else if (Layout.GetProperty("callbacks").TryGetProperty(name, out var callback)) AssertCallback(callback, found);
        else AssertPointer(Plain(name), stars, found);
    }

    private static bool IsOpaque(string name) =>
        Layout.GetProperty("opaque").EnumerateArray().Any(entry => entry.GetString() == name);

    private static void AssertPointer(Type element, int stars, Type found)
    {
        for (var i = 0; i < stars; ++i)
        {
            Assert.True(found.IsPointer);
            found = found.GetElementType()!;
        }
        Assert.Equal(element, found);
    }

    private static Type Plain(string name)
    {
        if (Layout.GetProperty("typedefs").TryGetProperty(name, out var typedef)) name = typedef.GetString()!;
        return Scalars.TryGetValue(name, out var scalar) ? scalar : Package.GetType($"Fovea.{name}", throwOnError: true)!;
    }

    private static Type HandleOf(string name) => Package.GetType(
        "Fovea." + string.Concat(name.Split('_').Skip(1).Select(w => char.ToUpperInvariant(w[0]) + w[1..])) + "Handle",
        throwOnError: true)!;

    private static int SizeOf(Type type) =>
        type.IsPointer || type.IsFunctionPointer || type == typeof(nint) || type == typeof(nuint)
            ? nint.Size
            : Marshal.SizeOf(type);

    private static TheoryData<string> Names(string group)
    {
        var names = new TheoryData<string>();
        foreach (var entry in Layout.GetProperty(group).EnumerateObject()) names.Add(entry.Name);
        return names;
    }

    private static JsonElement ReadLayout()
    {
        using var stream = typeof(LayoutTests).Assembly.GetManifestResourceStream("layout.json")!;
        return JsonDocument.Parse(stream).RootElement.Clone();
    }

    [GeneratedRegex(@"^(.*?) ?\[(\d+)\]$")]
    private static partial Regex ArrayType();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
