using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Fovea;

/// <summary>What layers and losses of the host's have in common.</summary>
internal static unsafe class CustomNative
{
    internal static Span<T> Span<T>(void* data, long count) where T : unmanaged =>
        data == null ? default : new Span<T>(data, checked((int)count));

    internal static ref readonly fv_custom_tensor At(fv_custom_tensor* tensors, int count, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        return ref tensors[index];
    }

    internal static Shape Shape(this in fv_custom_tensor tensor) => Fovea.Shape.From(tensor.shape, tensor.rank);

    internal static ReadOnlySpan<T> Input<T>(fv_custom_pass* pass, int index) where T : unmanaged
    {
        ref readonly var input = ref At(pass->inputs, pass->input_count, index);
        return Span<T>(input.data, pass->batch * input.elements);
    }

    internal static ReadOnlySpan<T> Parameter<T>(fv_custom_pass* pass, int index) where T : unmanaged
    {
        ref readonly var parameter = ref At(pass->parameters, pass->parameter_count, index);
        return Span<T>(parameter.data, parameter.elements);
    }

    /// <summary>
    /// The status for what a callback threw. Ours has a code and a message for the library to go on with; any other comes
    /// out of the call as it is.
    /// </summary>
    internal static int Failed(Exception thrown, fv_error* error)
    {
        if (thrown is not FoveaException { Code: not ErrorCode.None } ours)
        {
            CallbackException.Keep(thrown);
            return NativeMethods.FV_CANCELLED;
        }
        var space = new Span<byte>(error->message, 495);
        // It stops before a character that does not fit.
        Encoding.UTF8.GetEncoder().Convert(ours.Message, space, flush: true, out _, out var written, out _);
        error->message[written] = 0;
        return (int)ours.Code;
    }
}

/// <summary>A layer of the host's.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class CustomLayerState(ICustomLayer layer) : HostState
{
    private readonly ICustomLayer _layer = layer;

    internal static delegate* unmanaged[Cdecl]<void*, fv_custom_shape*, fv_error*, int> ShapeFunction => &OnShape;

    internal static delegate* unmanaged[Cdecl]<void*, fv_custom_pass*, fv_error*, int> ForwardFunction => &OnForward;

    internal static delegate* unmanaged[Cdecl]<void*, fv_custom_pass*, fv_error*, int> BackwardFunction => &OnBackward;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnShape(void* user, fv_custom_shape* shape, fv_error* error)
    {
        try
        {
            Of<CustomLayerState>(user)._layer.Shape(new CustomShape(shape));
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnForward(void* user, fv_custom_pass* pass, fv_error* error)
    {
        try
        {
            var layer = Of<CustomLayerState>(user)._layer;
            if (pass->dtype == NativeMethods.FV_F64) layer.Forward(new ForwardPass<double>(pass));
            else layer.Forward(new ForwardPass<float>(pass));
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnBackward(void* user, fv_custom_pass* pass, fv_error* error)
    {
        try
        {
            var layer = Of<CustomLayerState>(user)._layer;
            if (pass->dtype == NativeMethods.FV_F64) layer.Backward(new BackwardPass<double>(pass));
            else layer.Backward(new BackwardPass<float>(pass));
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }
}

/// <summary>A loss of the host's.</summary>
[SuppressMessage("Design", "CA1031", Justification = "An exception must not pass through native frames.")]
internal sealed unsafe class CustomLossState(ICustomLoss loss) : HostState
{
    private readonly ICustomLoss _loss = loss;

    internal static delegate* unmanaged[Cdecl]<void*, fv_custom_rows*, fv_error*, int> Function => &OnEvaluate;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnEvaluate(void* user, fv_custom_rows* rows, fv_error* error)
    {
        try
        {
            var loss = Of<CustomLossState>(user)._loss;
            if (rows->dtype == NativeMethods.FV_F64) loss.Evaluate(new LossRows<double>(rows));
            else loss.Evaluate(new LossRows<float>(rows));
            return NativeMethods.FV_OK;
        }
        catch (Exception e)
        {
            return CustomNative.Failed(e, error);
        }
    }
}
