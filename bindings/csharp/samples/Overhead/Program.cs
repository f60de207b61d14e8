// What a call through this package costs beside the same native call through a bare pointer: nanoseconds per call, the
// best of several rounds taken in turn, and the garbage that it leaves.
//
//   Overhead [CALLS]
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Fovea;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var calls = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200_000;

using var context = new Context(new() { Threads = 1 });
using var graph = new Graph(context);
var x = graph.Input(new() { Shape = [4] });
using var model = new Model(graph, graph.Dense(x, new() { Units = 2 }));
using var session = new Session(model);
using var trainer = new Trainer(model, new() { Loss = Loss.MeanSquaredError, Optimizer = Optimizer.Sgd });
float[] input = [1, 2, 3, 4], output = new float[2], target = [1, 0];
using var bare = new Bare(context, session, trainer, input, output, target);

Console.WriteLine("ns per call                          bare  package   more  garbage");
Measure("context.Threads", bare.Threads, () => _ = context.Threads);
Measure("session.Run, 4 inputs, 2 outputs", bare.Run, () => session.Run(input, output));
Measure("trainer.Step, 1 sample", bare.Step, () => trainer.Step<float, float>(input, target));

void Measure(string what, Action native, Action packaged)
{
    double bareTime = double.MaxValue, time = double.MaxValue;
    long bytes = 0;
    for (var round = 0; round < 9; ++round)
    {
        bareTime = Math.Min(bareTime, Round(native));
        var before = GC.GetAllocatedBytesForCurrentThread();
        time = Math.Min(time, Round(packaged));
        bytes = GC.GetAllocatedBytesForCurrentThread() - before;
    }
    Console.WriteLine($"{what,-34} {bareTime,6:F1}   {time,6:F1} {time - bareTime,6:F1}  {bytes / calls} bytes");
}

double Round(Action call)
{
    var start = Stopwatch.GetTimestamp();
    for (var i = 0; i < calls; ++i) call();
    return Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;
}

/// <summary>The same calls as a C program makes them.</summary>
internal sealed unsafe class Bare : IDisposable
{
    private readonly nint _context, _session, _trainer;
    private readonly GCHandle[] _pins;
    private readonly fv_tensor _input, _target;
    private readonly fv_buffer _output;
    private readonly delegate* unmanaged[Cdecl]<nint, int> _threads;
    private readonly delegate* unmanaged[Cdecl]<nint, fv_tensor*, nuint, fv_buffer*, nuint, fv_error*, int> _run;
    private readonly delegate* unmanaged[Cdecl]<nint, fv_tensor*, nuint, fv_tensor*, double*, fv_error*, int> _step;

    internal Bare(Context context, Session session, Trainer trainer, float[] input, float[] output, float[] target)
    {
        var library = NativeLoader.Resolve(NativeMethods.Library, typeof(Context).Assembly, null);
        _threads = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "fv_context_threads");
        _run = (delegate* unmanaged[Cdecl]<nint, fv_tensor*, nuint, fv_buffer*, nuint, fv_error*, int>)
            NativeLibrary.GetExport(library, "fv_session_run");
        _step = (delegate* unmanaged[Cdecl]<nint, fv_tensor*, nuint, fv_tensor*, double*, fv_error*, int>)
            NativeLibrary.GetExport(library, "fv_trainer_step");
        (_context, _session, _trainer) = (context.Handle.DangerousGetHandle(), session.Handle.DangerousGetHandle(),
            trainer.Handle.DangerousGetHandle());
        _pins = Array.ConvertAll([input, output, target], array => GCHandle.Alloc(array, GCHandleType.Pinned));
        var addresses = Array.ConvertAll(_pins, pin => pin.AddrOfPinnedObject());
        _input = Call.Tensor((float*)addresses[0], [1, 4]);
        _output = Call.Buffer((float*)addresses[1], 2);
        _target = Call.Tensor((float*)addresses[2], [1, 2]);
    }

    internal void Threads() => _ = _threads(_context);

    internal void Run()
    {
        var (input, output) = (_input, _output);
        fv_error error;
        _ = _run(_session, &input, 1, &output, 1, &error);
    }

    internal void Step()
    {
        var (input, target) = (_input, _target);
        fv_error error;
        double loss;
        _ = _step(_trainer, &input, 1, &target, &loss, &error);
    }

    public void Dispose()
    {
        foreach (var pin in _pins) pin.Free();
    }
}
