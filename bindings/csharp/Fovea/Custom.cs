using System.Numerics;

namespace Fovea;

/// <summary>
/// A layer of the host's own, registered with <see cref="Context.RegisterLayer"/>. Its methods run on the thread that made
/// the call, once for the whole batch; several threads that run sessions call them at once. What they throw comes out of the
/// call; a <see cref="FoveaException"/> comes out with the name of the node in front of its message.
/// </summary>
public interface ICustomLayer
{
    /// <summary>The backward pass reads no input, so that its memory may be used again: it sees empty spans.</summary>
    bool BackwardWithoutInputs => false;

    /// <summary>Likewise the output.</summary>
    bool BackwardWithoutOutput => false;

    /// <summary>
    /// What a node is on its inputs; refuses inputs or attributes that make no sense. Called when a node is added and when a
    /// file is loaded. Default: one input, an output of its shape, no parameters.
    /// </summary>
    void Shape(CustomShape shape)
    {
        if (shape.InputCount != 1)
            throw new FoveaException(ErrorCode.InvalidArgument, $"expects 1 input, got {shape.InputCount}");
    }

    /// <summary>Computes the output.</summary>
    /// <typeparam name="T">The model's element type: <see cref="float"/> or <see cref="double"/>.</typeparam>
    void Forward<T>(ForwardPass<T> pass) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Computes the gradients of inputs and parameters from the output's.</summary>
    /// <typeparam name="T">The model's element type: <see cref="float"/> or <see cref="double"/>.</typeparam>
    void Backward<T>(BackwardPass<T> pass) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>What a parameter is for: penalties, a model's initialiser and LSUV are for kernels.</summary>
public enum ParameterRole
{
    /// <summary>Weights.</summary>
    Kernel = NativeMethods.FV_ROLE_KERNEL,

    /// <summary>Added to the result.</summary>
    Bias = NativeMethods.FV_ROLE_BIAS,

    /// <summary>A factor.</summary>
    Scale = NativeMethods.FV_ROLE_SCALE,

    /// <summary>Added after a factor.</summary>
    Shift = NativeMethods.FV_ROLE_SHIFT,
}

/// <summary>A parameter of a layer of the host's.</summary>
public sealed record CustomParameter
{
    /// <summary>Letters, digits, '_', up to 64.</summary>
    public required string Name { get; init; }

    /// <summary>Default: a kernel.</summary>
    public ParameterRole Role { get; init; }

    /// <summary>Its extents.</summary>
    public required Shape Shape { get; init; }

    /// <summary>Null: Glorot uniform for a kernel, 1 for a scale, 0 for the others.</summary>
    public Initializer? Initializer { get; init; }

    /// <summary>For initialisers; both 0: as for a shape [..., in, out].</summary>
    public long FanIn { get; init; }

    /// <summary>For initialisers.</summary>
    public long FanOut { get; init; }
}

/// <summary>What a node is on its inputs: see <see cref="ICustomLayer.Shape"/>.</summary>
public readonly unsafe ref struct CustomShape
{
    private readonly fv_custom_shape* _shape;

    internal CustomShape(fv_custom_shape* shape) => _shape = shape;

    /// <summary>How many inputs the node has.</summary>
    public int InputCount => _shape->input_count;

    /// <summary>As given to the graph, or read from a file.</summary>
    public ReadOnlySpan<byte> Attributes => new(_shape->attributes, (int)_shape->attributes_size);

    /// <summary>The shape of one sample of an input.</summary>
    public Shape Input(int index) => CustomNative.At(_shape->inputs, _shape->input_count, index).Shape();

    /// <summary>Of one sample; at first that of the first input.</summary>
    public Shape Output
    {
        get => Shape.From(_shape->shape, _shape->rank);
        set
        {
            value.CopyTo(new Span<long>(_shape->shape, Shape.MaxRank));
            _shape->rank = value.Rank;
        }
    }

    /// <summary>Elements that live from a training forward pass to its backward pass: so many, and more for each
    /// sample.</summary>
    public void SetSaved(long count, long perSample) => (_shape->saved, _shape->saved_per_sample) = (count, perSample);

    /// <summary>Elements that live during one pass.</summary>
    public void SetScratch(long count, long perSample) => (_shape->scratch, _shape->scratch_per_sample) = (count, perSample);

    /// <summary>Of one sample's forward pass, for summaries and profiles.</summary>
    public void SetMultiplyAdds(long count) => _shape->multiply_adds = count;

    /// <summary>Passes see parameters in the order in which they were added. What is wrong with one fails the node.</summary>
    public void AddParameter(CustomParameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        using var memory = new CallMemory();
        var desc = new fv_custom_parameter_desc
        {
            struct_size = (uint)sizeof(fv_custom_parameter_desc),
            role = (int)parameter.Role,
            name = memory.Required(parameter.Name),
            initializer = Initializer.Native(parameter.Initializer, memory),
            fan_in = parameter.FanIn,
            fan_out = parameter.FanOut,
        };
        parameter.Shape.CopyTo(new Span<long>(desc.shape, Shape.MaxRank));
        NativeMethods.fv_custom_add_parameter(_shape, &desc);
    }
}

/// <summary>A forward pass over a batch. Tensors are [batch][...]; what is to be written is zero at first.</summary>
/// <typeparam name="T">The model's element type.</typeparam>
public readonly unsafe ref struct ForwardPass<T> where T : unmanaged
{
    private readonly fv_custom_pass* _pass;

    internal ForwardPass(fv_custom_pass* pass) => _pass = pass;

    /// <summary>How many samples.</summary>
    public long Batch => _pass->batch;

    /// <summary>Whether a backward pass follows.</summary>
    public bool Training => _pass->training != 0;

    /// <summary>How many inputs the node has.</summary>
    public int InputCount => _pass->input_count;

    /// <summary>The shape of one sample of the output.</summary>
    public Shape Shape => Shape.From(_pass->shape, _pass->rank);

    /// <summary>One of the inputs.</summary>
    public ReadOnlySpan<T> Input(int index) => CustomNative.Input<T>(_pass, index);

    /// <summary>One of the parameters, in the order of their making.</summary>
    public ReadOnlySpan<T> Parameter(int index) => CustomNative.Parameter<T>(_pass, index);

    /// <summary>To be written.</summary>
    public Span<T> Output => CustomNative.Span<T>(_pass->output, _pass->batch * _pass->elements);

    /// <summary>To be written for the backward pass; empty outside of training.</summary>
    public Span<T> Saved => CustomNative.Span<T>(_pass->saved, _pass->saved_count);

    /// <summary>For this pass.</summary>
    public Span<T> Scratch => CustomNative.Span<T>(_pass->scratch, _pass->scratch_count);

    /// <summary>As given to the graph.</summary>
    public ReadOnlySpan<byte> Attributes => new(_pass->attributes, (int)_pass->attributes_size);

    /// <summary>In training: to seed a generator of your own; the same in both passes, and in a resumed training.</summary>
    public ulong Random => _pass->random;
}

/// <summary>A backward pass over a batch. Gradients that are to be written are zero at first.</summary>
/// <typeparam name="T">The model's element type.</typeparam>
public readonly unsafe ref struct BackwardPass<T> where T : unmanaged
{
    private readonly fv_custom_pass* _pass;

    internal BackwardPass(fv_custom_pass* pass) => _pass = pass;

    /// <summary>How many samples.</summary>
    public long Batch => _pass->batch;

    /// <summary>How many inputs the node has.</summary>
    public int InputCount => _pass->input_count;

    /// <summary>The shape of one sample of the output.</summary>
    public Shape Shape => Shape.From(_pass->shape, _pass->rank);

    /// <summary>One of the inputs.</summary>
    public ReadOnlySpan<T> Input(int index) => CustomNative.Input<T>(_pass, index);

    /// <summary>To be written; empty where it is not wanted.</summary>
    public Span<T> InputGradient(int index)
    {
        ref readonly var input = ref CustomNative.At(_pass->inputs, _pass->input_count, index);
        return CustomNative.Span<T>(input.gradient, _pass->batch * input.elements);
    }

    /// <summary>One of the parameters, in the order of their making.</summary>
    public ReadOnlySpan<T> Parameter(int index) => CustomNative.Parameter<T>(_pass, index);

    /// <summary>To be written.</summary>
    public Span<T> ParameterGradient(int index)
    {
        ref readonly var parameter = ref CustomNative.At(_pass->parameters, _pass->parameter_count, index);
        return CustomNative.Span<T>(parameter.gradient, parameter.elements);
    }

    /// <summary>As the forward pass has left it.</summary>
    public ReadOnlySpan<T> Output => CustomNative.Span<T>(_pass->output, _pass->batch * _pass->elements);

    /// <summary>Of the output; it may be overwritten.</summary>
    public Span<T> OutputGradient => CustomNative.Span<T>(_pass->output_gradient, _pass->batch * _pass->elements);

    /// <summary>As the forward pass has left it.</summary>
    public Span<T> Saved => CustomNative.Span<T>(_pass->saved, _pass->saved_count);

    /// <summary>For this pass.</summary>
    public Span<T> Scratch => CustomNative.Span<T>(_pass->scratch, _pass->scratch_count);

    /// <summary>As given to the graph.</summary>
    public ReadOnlySpan<byte> Attributes => new(_pass->attributes, (int)_pass->attributes_size);

    /// <summary>As in the forward pass.</summary>
    public ulong Random => _pass->random;
}

/// <summary>A node of a registered type.</summary>
public sealed record CustomOptions
{
    /// <summary>Unique in the graph; null: numbered by type.</summary>
    public string? Name { get; init; }

    /// <summary>As it was registered.</summary>
    public required string Type { get; init; }

    /// <summary>Any bytes, up to 65536: saved with the model and given to the methods.</summary>
    public ReadOnlyMemory<byte> Attributes { get; init; }
}

public sealed unsafe partial class Graph
{
    /// <summary>A layer of a registered type, on 1 to 16 nodes. A file with a type that is not registered does not
    /// load.</summary>
    public Node Custom(ReadOnlySpan<Node> inputs, CustomOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var memory = new CallMemory();
        var desc = new fv_custom_desc
        {
            struct_size = (uint)sizeof(fv_custom_desc),
            name = memory.Text(options.Name),
            type = memory.Required(options.Type),
            attributes = memory.Copy(options.Attributes.Span),
            attributes_size = (nuint)options.Attributes.Length,
        };
        using var turn = TakeTurn();
        fixed (Node* first = inputs)
            return Added(NativeMethods.fv_custom(Handle, (ulong*)first, (nuint)inputs.Length, &desc));
    }

    /// <inheritdoc cref="Custom(ReadOnlySpan{Node}, CustomOptions)"/>
    public Node Custom(Node input, CustomOptions options) => Custom([input], options);
}
