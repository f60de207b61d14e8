using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>The host's callbacks during one search.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class SearchState(IReadOnlyList<string> names, TrialHandler? handler) : HostState
{
    private readonly IReadOnlyList<string> _names = names;

    internal Func<Trial, double>? Objective { private get; init; }

    internal Func<Trial, int, Trainer>? Build { private get; init; }

    internal static delegate* unmanaged[Cdecl]<void*, fv_trial*, double*, fv_error*, int> ObjectiveFunction => &OnObjective;

    internal static delegate* unmanaged[Cdecl]<void*, fv_trial*, int, nint*, fv_error*, int> BuildFunction => &OnBuild;

    internal static delegate* unmanaged[Cdecl]<void*, fv_trial*, int> TrialFunction => &OnTrial;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnObjective(void* user, fv_trial* trial, double* score, fv_error* error)
    {
        try
        {
            var state = Of<SearchState>(user);
            *score = state.Objective!(new Trial(*trial, state._names));
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBuild(void* user, fv_trial* trial, int fold, nint* trainer, fv_error* error)
    {
        try
        {
            var state = Of<SearchState>(user);
            *trainer = state.Build!(new Trial(*trial, state._names), fold).GiveAway();
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnTrial(void* user, fv_trial* trial) => Of<SearchState>(user).Hear(*trial);

    private int Hear(in fv_trial native)
    {
        try
        {
            var stop = handler is not null && handler(new Trial(native, _names)) == FitControl.Stop;
            return Call.Flag(stop || CallbackException.IsPending);
        }
        catch (Exception e)
        {
            CallbackException.Keep(e);
            return 1;
        }
    }
}
