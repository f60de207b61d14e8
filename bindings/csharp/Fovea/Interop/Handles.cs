using System.Runtime.InteropServices;

namespace Fovea;

/// <summary>Owns one native object. Its counter keeps the object until the last call on it has returned.</summary>
internal abstract class FoveaHandle : SafeHandle
{
    private protected FoveaHandle() : base(0, ownsHandle: true)
    {
    }

    private protected FoveaHandle(nint native) : this() => SetHandle(native);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Destroy(handle);
        return true;
    }

    private protected abstract void Destroy(nint native);
}

internal sealed class ContextHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_context_destroy(native);
}

internal sealed class CancelTokenHandle(nint native) : FoveaHandle(native)
{
    internal void Cancel() => NativeMethods.fv_cancel_token_cancel(this);

    private protected override void Destroy(nint native) => NativeMethods.fv_cancel_token_destroy(native);
}

internal sealed class GraphHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_graph_destroy(native);
}

internal sealed class DatasetHandle(nint native) : FoveaHandle(native)
{
    /// <summary>Stands for NULL, where a dataset is optional.</summary>
    internal static readonly DatasetHandle None = new(0);

    private protected override void Destroy(nint native) => NativeMethods.fv_dataset_destroy(native);
}

internal sealed class LoaderHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_loader_destroy(native);
}

internal sealed class SessionHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_session_destroy(native);
}

internal sealed class TrainerHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_trainer_destroy(native);
}

internal sealed class SearchHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_search_destroy(native);
}

internal sealed class ProfileHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_profile_destroy(native);
}

internal sealed class LoadReportHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_load_report_destroy(native);
}

internal sealed class MetricsHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_metrics_destroy(native);
}

internal sealed class TransformHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_transform_destroy(native);
}

internal sealed class ReportHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_report_destroy(native);
}

internal sealed class AuditHandle(nint native) : FoveaHandle(native)
{
    private protected override void Destroy(nint native) => NativeMethods.fv_audit_destroy(native);
}

internal sealed class ModelHandle : FoveaHandle
{
    private readonly TrainerHandle? _lender;

    internal ModelHandle(nint native) : base(native)
    {
    }

    /// <summary>The model that a trainer lends: not ours to destroy, but the trainer must stay as long.</summary>
    internal ModelHandle(TrainerHandle lender)
    {
        var held = false;
        lender.DangerousAddRef(ref held);
        _lender = lender;
        SetHandle(NativeMethods.fv_trainer_model(lender));
    }

    private protected override void Destroy(nint native)
    {
        if (_lender is null) NativeMethods.fv_model_destroy(native);
        else _lender.DangerousRelease();
    }
}
