#!/usr/bin/env python3
"""Makes the golden vectors of this folder with PyTorch in double precision; see README.md.

  make_golden.py DIR           writes every file into DIR
  make_golden.py --check DIR   compares DIR with what would be written; exit code 77 without PyTorch

Inputs are drawn by Python's own generator, seeded by the file's name, as multiples of 2^-16 below 8: exact
in f32, and sums of their products are exact in f64 in any order.
"""
import argparse
import json
import pathlib
import random
import struct
import sys

try:
    import torch
    import torch.nn.functional as F

    import golden_layers
    import golden_optimizers
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-torch)")
    sys.exit(77)

FILES = {}  # name -> (metadata, {key: tensor})


# ---- safetensors --------------------------------------------------------------------------------------

DTYPES = {torch.float64: "F64", torch.int64: "I64", torch.float32: "F32"}


def write_safetensors(path, metadata, tensors):
    """Eight bytes of header length, the header as JSON, the data; wide elements first, so that all lie
    aligned."""
    header, chunks, offset = {"__metadata__": metadata}, [], 0
    for key, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        data = tensor.contiguous().numpy().tobytes()
        header[key] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                       "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def read_safetensors(path):
    blob = path.read_bytes()
    start = 8 + struct.unpack_from("<Q", blob)[0]
    header = json.loads(blob[8:start])
    metadata = header.pop("__metadata__")
    dtypes = {name: dtype for dtype, name in DTYPES.items()}
    tensors = {}
    for key, entry in header.items():
        begin, end = (start + o for o in entry["data_offsets"])
        data = torch.frombuffer(bytearray(blob[begin:end]), dtype=dtypes[entry["dtype"]])
        tensors[key] = data.reshape(entry["shape"])
    return metadata, tensors


# ---- drawing and recording ----------------------------------------------------------------------------

class OnKink(Exception):
    """A value so near to a kink that f32 might fall on the other side; the case is drawn again."""


class Draw:
    """Values of one case: reproducible, and new ones for another attempt."""

    def __init__(self, name, attempt):
        self.random = random.Random(f"{name}/{attempt}")

    def __call__(self, shape, low=-1.0, high=1.0):
        count = 1
        for extent in shape:
            count *= extent
        values = [round(self.random.uniform(low, high) * 65536) / 65536 for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)

    def integers(self, shape, below):
        return torch.tensor([self.random.randrange(below) for _ in range(shape[0])], dtype=torch.int64)


def relu(x):
    if x.abs().min() < 1e-4 * x.abs().max():
        raise OnKink
    return torch.relu(x)


def clear_of(function, *kinks):
    """The function, with its input kept away from where it bends at once."""
    def apply(x):
        if any((x - kink).abs().min() < 1e-4 * x.abs().max() for kink in kinks):
            raise OnKink
        return function(x)
    return apply


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ",".join(text(v) for v in value)
    return repr(value) if isinstance(value, float) else str(value)


def metadata_of(op, attributes, **more):
    return {"op": op, **more, **{f"attribute.{k}": text(v) for k, v in attributes.items()}}


def record(name, make):
    """FILES[name] = make(draw), drawn again while it stands on a kink. Floating inputs become f32."""
    for attempt in range(1000):
        try:
            FILES[name] = make(Draw(name, attempt))
            return
        except OnKink:
            continue
    raise SystemExit(f"{name}: always on a kink")


def exact_f32(tensor):
    if tensor.dtype != torch.float64:
        return tensor
    narrow = tensor.float()
    assert torch.equal(narrow.double(), tensor)
    return narrow


RANGES = {"gamma": (0.5, 1.5), "running_var": (0.5, 1.5)}  # of parameters and state; else -1 to 1


def layer(name, op, inputs, forward, attributes=None, parameters=None, state=None, training=True,
          low=-1.0, high=1.0):
    """One layer: forward(x, p, s) in our layouts (x a list, p and s by name; it moves s)."""

    def make(draw):
        xs = [draw(shape, low, high).requires_grad_() for shape in inputs]
        ps = {key: draw(shape, *RANGES.get(key, (-1.0, 1.0))).requires_grad_()
              for key, shape in (parameters or {}).items()}
        ss = {key: draw(shape, *RANGES.get(key, (-1.0, 1.0))) for key, shape in (state or {}).items()}
        tensors = {f"x{i}": exact_f32(x.detach()) for i, x in enumerate(xs)}
        tensors.update((key, exact_f32(p.detach())) for key, p in ps.items())
        tensors.update((key, exact_f32(s)) for key, s in ss.items())
        y = forward(xs, ps, ss)
        tensors["y"] = y.detach()
        if training:
            dy = draw(y.shape)
            tensors["dy"] = exact_f32(dy)
            gradients = torch.autograd.grad(y, xs + list(ps.values()), dy)
            tensors.update(zip([f"dx{i}" for i in range(len(xs))] + [f"d{key}" for key in ps], gradients))
            tensors.update((f"{key}_after", s) for key, s in ss.items())
        phase = "training" if training else "inference"
        return metadata_of(op, attributes or {}, phase=phase), tensors

    record(name, make)


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def oihw(kernel):
    return kernel.permute(3, 2, 0, 1)


# ---- layers -------------------------------------------------------------------------------------------

def same_padding(extent, window, stride, dilation=1):
    """(before, after) so that the output is ceil(extent / stride); the odd cell comes after."""
    total = max((-(-extent // stride) - 1) * stride + dilation * (window - 1) + 1 - extent, 0)
    return total // 2, total - total // 2


def padding_of(attributes, window, height, width):
    """(top, bottom, left, right)."""
    strides, dilation = attributes.get("strides", (1, 1)), attributes.get("dilation", (1, 1))
    if attributes.get("padding") == "same":
        return (*same_padding(height, window[0], strides[0], dilation[0]),
                *same_padding(width, window[1], strides[1], dilation[1]))
    return attributes.get("pad", (0, 0, 0, 0))


ACTIVATIONS = {
    "linear": lambda x: x, "relu": relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    "relu6": clear_of(F.relu6, 0, 6), "leaky_relu": clear_of(F.leaky_relu, 0), "elu": F.elu,
    "selu": clear_of(F.selu, 0), "celu": F.celu, "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "swish": F.silu,
    "hard_swish": clear_of(F.hardswish, -3, 3),
    # Not F.hardsigmoid, whose gradient has a sixth in single precision.
    "hard_sigmoid": clear_of(lambda x: F.relu6(x + 3) / 6, -3, 3),
    "mish": F.mish, "softplus": F.softplus,
}


def conv2d(name, x, filters, kernel, low=-1.0, high=1.0, **attributes):
    attributes = {"filters": filters, "kernel": kernel, **attributes}
    groups, use_bias = attributes.get("groups", 1), attributes.get("use_bias", True)
    parameters = {"kernel": (*kernel, x[3] // groups, filters)}
    if use_bias:
        parameters["bias"] = (filters,)

    def forward(xs, p, _):
        top, bottom, left, right = padding_of(attributes, kernel, x[1], x[2])
        padded = F.pad(nchw(xs[0]), (left, right, top, bottom))
        y = F.conv2d(padded, oihw(p["kernel"]), p.get("bias"), attributes.get("strides", (1, 1)), 0,
                     attributes.get("dilation", (1, 1)), groups)
        return ACTIVATIONS[attributes.get("activation", "linear")](nhwc(y))

    layer(name, "conv2d", [x], forward, attributes, parameters, low=low, high=high)


def convolutions():
    conv2d("conv2d_3x3", (2, 6, 5, 3), 4, (3, 3), pad=(1, 1, 1, 1))
    conv2d("conv2d_5x5_valid", (2, 9, 8, 1), 6, (5, 5), use_bias=False)
    conv2d("conv2d_1x1", (2, 4, 5, 7), 9, (1, 1))
    conv2d("conv2d_1x1_stride_2", (2, 5, 6, 4), 5, (1, 1), strides=(2, 2))
    conv2d("conv2d_stride_2", (2, 7, 8, 3), 5, (3, 3), strides=(2, 2), pad=(1, 1, 1, 1))
    conv2d("conv2d_7x7_stride_2", (1, 12, 11, 3), 4, (7, 7), strides=(2, 2), pad=(3, 3, 3, 3), use_bias=False)
    conv2d("conv2d_uneven", (2, 8, 9, 2), 3, (2, 3), strides=(2, 3), pad=(1, 0, 2, 1))
    conv2d("conv2d_dilation", (2, 8, 9, 2), 3, (3, 2), dilation=(2, 3), pad=(2, 2, 1, 2))
    conv2d("conv2d_groups", (2, 5, 6, 6), 9, (3, 3), groups=3, pad=(1, 1, 1, 1))
    conv2d("conv2d_depthwise", (2, 6, 5, 5), 5, (3, 3), groups=5, pad=(1, 1, 1, 1))
    conv2d("conv2d_depthwise_twice", (2, 7, 6, 3), 6, (3, 3), groups=3, strides=(2, 2), pad=(1, 1, 1, 1))
    conv2d("conv2d_same", (2, 6, 5, 2), 3, (4, 3), padding="same")
    conv2d("conv2d_same_stride_2", (2, 8, 7, 3), 4, (3, 3), padding="same", strides=(2, 2))
    conv2d("conv2d_everything", (2, 11, 10, 4), 6, (3, 2), groups=2, strides=(2, 1), dilation=(1, 2),
           pad=(2, 0, 1, 3), activation="tanh")
    conv2d("conv2d_wide", (1, 5, 5, 11), 35, (3, 3), pad=(1, 1, 1, 1))
    conv2d("conv2d_kernel_larger_than_image", (2, 2, 3, 2), 3, (5, 5), pad=(2, 2, 2, 2))
    conv2d("conv2d_relu", (2, 6, 6, 2), 4, (3, 3), pad=(1, 1, 1, 1), activation="relu")
    conv2d("conv2d_relu6", (2, 6, 6, 9), 4, (3, 3), pad=(1, 1, 1, 1), activation="relu6", low=-3.0, high=3.0)
    conv2d("conv2d_swish", (2, 6, 6, 3), 4, (3, 3), pad=(1, 1, 1, 1), activation="swish")
    conv2d("conv2d_depthwise_hard_swish", (2, 6, 6, 4), 4, (3, 3), groups=4, activation="hard_swish")
    conv2d("conv2d_1x1_mish", (2, 4, 5, 7), 9, (1, 1), activation="mish")
    conv2d("conv2d_sigmoid", (2, 5, 5, 2), 3, (2, 2), activation="sigmoid")


def dense(name, rows, inputs, units, **attributes):
    attributes = {"units": units, **attributes}
    parameters = {"kernel": (inputs, units)}
    if attributes.get("use_bias", True):
        parameters["bias"] = (units,)

    def forward(xs, p, _):
        return ACTIVATIONS[attributes.get("activation", "linear")](xs[0] @ p["kernel"] + p.get("bias", 0.0))

    layer(name, "dense", [(rows, inputs)], forward, attributes, parameters)


def denses():
    dense("dense", 5, 7, 3)
    dense("dense_no_bias", 3, 4, 6, use_bias=False)
    dense("dense_wide", 4, 45, 37)
    dense("dense_relu", 6, 9, 5, activation="relu")
    dense("dense_gelu", 6, 9, 5, activation="gelu")
    dense("dense_tanh", 1, 8, 10, activation="tanh")


def max_pool(name, x, size, strides, **attributes):
    attributes = {"size": size, "strides": strides, **attributes}

    def forward(xs, _, __):
        top, bottom, left, right = padding_of(attributes, size, x[1], x[2])
        padded = F.pad(nchw(xs[0]), (left, right, top, bottom), value=float("-inf"))
        return nhwc(F.max_pool2d(padded, size, strides, ceil_mode=attributes.get("ceil_mode", False)))

    layer(name, "max_pool2d", [x], forward, attributes)


def average_pool(name, x, size, strides, pad=(0, 0), **attributes):
    """Symmetric padding: (rows, columns) on either side."""
    attributes = {"size": size, "strides": strides, "pad": (pad[0], pad[0], pad[1], pad[1]), **attributes}

    def forward(xs, _, __):
        return nhwc(F.avg_pool2d(nchw(xs[0]), size, strides, pad, attributes.get("ceil_mode", False),
                                 not attributes.get("exclude_padding", False)))

    layer(name, "average_pool2d", [x], forward, attributes)


def average_pool_same(name, x, size, strides, exclude_padding):
    """`same`, with the odd cell of padding at the bottom and right."""
    attributes = {"size": size, "strides": strides, "padding": "same", "exclude_padding": exclude_padding}

    def forward(xs, _, __):
        top, bottom, left, right = padding_of(attributes, size, x[1], x[2])
        padding = (left, right, top, bottom)
        mean = F.avg_pool2d(F.pad(nchw(xs[0]), padding), size, strides)
        if exclude_padding:
            mean = mean / F.avg_pool2d(F.pad(torch.ones_like(nchw(xs[0])), padding), size, strides)
        return nhwc(mean)

    layer(name, "average_pool2d", [x], forward, attributes)


def pools():
    max_pool("max_pool2d", (2, 6, 8, 3), (2, 2), (2, 2))
    max_pool("max_pool2d_overlapping", (2, 7, 6, 5), (3, 3), (2, 2))
    max_pool("max_pool2d_padded", (2, 7, 8, 3), (3, 3), (2, 2), pad=(1, 1, 1, 1))
    max_pool("max_pool2d_stride_1", (1, 5, 6, 17), (3, 2), (1, 1))
    max_pool("max_pool2d_one_sided", (2, 6, 6, 2), (3, 3), (2, 2), pad=(0, 1, 1, 0))
    max_pool("max_pool2d_subsample", (2, 5, 6, 3), (1, 1), (2, 2))
    max_pool("max_pool2d_same", (2, 7, 8, 2), (3, 3), (2, 2), padding="same")
    average_pool("average_pool2d", (2, 6, 8, 3), (2, 2), (2, 2))
    average_pool("average_pool2d_overlapping", (2, 7, 6, 5), (3, 2), (2, 1))
    average_pool("average_pool2d_padded", (2, 7, 8, 3), (3, 3), (2, 2), pad=(1, 1))
    average_pool("average_pool2d_excluded", (2, 7, 8, 3), (3, 3), (2, 2), pad=(1, 1), exclude_padding=True)
    average_pool_same("average_pool2d_same", (2, 6, 8, 2), (3, 3), (2, 2), False)
    average_pool_same("average_pool2d_same_excluded", (2, 6, 8, 2), (3, 3), (2, 2), True)
    # ceil_mode, a last window that: hangs over the edge; begins inside with padding; is dropped, because it
    # would begin in the padding on the far side.
    windows = (("hangs", 6, 3, 2, 0), ("padded", 8, 3, 2, 1), ("dropped", 5, 2, 3, 1))
    for what, extent, size, stride, pad in windows:
        x = (2, extent, extent + 1, 3)

        def ceil_max(xs, _, __, window=(size, stride, pad)):
            return nhwc(F.max_pool2d(nchw(xs[0]), *window, ceil_mode=True))

        layer(f"max_pool2d_ceil_{what}", "max_pool2d", [x], ceil_max,
              {"size": (size,) * 2, "strides": (stride,) * 2, "pad": (pad,) * 4, "ceil_mode": True})
        for suffix, exclude in (("", False), ("_excluded", True)):
            average_pool(f"average_pool2d_ceil_{what}{suffix}", x, (size,) * 2, (stride,) * 2, (pad, pad),
                         ceil_mode=True, exclude_padding=exclude)
    for suffix, x in (("", (3, 4, 5, 6)), ("_wide", (2, 5, 5, 33))):
        layer("global_average_pool2d" + suffix, "global_average_pool2d", [x],
              lambda xs, _, __: xs[0].mean((1, 2)))


def batch_norm(name, x, training=True, low=-1.0, high=1.0, **attributes):
    parameters = {key: (x[-1],) for key, wanted in (("gamma", "scale"), ("beta", "center"))
                  if attributes.get(wanted, True)}

    def forward(xs, p, s):
        momentum = attributes.get("momentum", 0.1)
        flat = xs[0].reshape(-1, x[-1])
        before = s["running_var"].clone()
        y = F.batch_norm(flat, s["running_mean"], s["running_var"], p.get("gamma"), p.get("beta"), training,
                         momentum, attributes.get("epsilon", 1e-5))
        if attributes.get("biased_running_variance"):
            s["running_var"] = (1 - momentum) * before + momentum * flat.detach().var(0, unbiased=False)
        return ACTIVATIONS[attributes.get("activation", "linear")](y.reshape(x))

    layer(name, "batch_norm", [x], forward, attributes, parameters,
          {"running_mean": (x[-1],), "running_var": (x[-1],)}, training, low, high)


def batch_norms():
    batch_norm("batch_norm", (4, 3, 2, 5))
    batch_norm("batch_norm_flat", (9, 6))
    batch_norm("batch_norm_wide", (2, 3, 3, 37))
    batch_norm("batch_norm_momentum_epsilon", (3, 2, 4, 3), momentum=0.3, epsilon=0.01)
    batch_norm("batch_norm_biased", (3, 2, 2, 4), biased_running_variance=True)
    batch_norm("batch_norm_no_scale", (3, 2, 3, 3), scale=False)
    batch_norm("batch_norm_no_center", (3, 2, 3, 3), center=False)
    batch_norm("batch_norm_far_mean", (4, 3, 3, 4), low=6.0, high=7.5)
    batch_norm("batch_norm_relu", (3, 3, 2, 5), activation="relu")
    batch_norm("batch_norm_tanh", (3, 2, 3, 4), activation="tanh")
    batch_norm("batch_norm_inference", (2, 3, 4, 5), training=False)
    batch_norm("batch_norm_inference_flat", (3, 19), training=False, epsilon=0.001)


def elementwise():
    for function in (torch.relu, torch.sigmoid, torch.tanh):
        name = function.__name__
        for suffix, reach in (("", 3.0), ("_small", 0.01), ("_large", 7.5)):
            layer(name + suffix, name, [(3, 4, 3, 5)], lambda xs, _, __, f=function: f(xs[0]),
                  low=-reach, high=reach)
    for name in list(ACTIVATIONS)[4:]:
        layer(name, name, [(3, 4, 3, 5)], lambda xs, _, __, f=ACTIVATIONS[name]: f(xs[0]), low=-7.9, high=7.9)
    for name, attributes, function in (
            ("leaky_relu", {"slope": 0.25}, clear_of(lambda x: F.leaky_relu(x, 0.25), 0)),
            ("elu", {"alpha": 0.5}, clear_of(lambda x: F.elu(x, 0.5), 0)),
            ("celu", {"alpha": 2.0}, lambda x: F.celu(x, 2.0)),
            ("swish", {"beta": 1.5}, lambda x: x * torch.sigmoid(1.5 * x)),
            ("softplus", {"beta": 2.0}, lambda x: F.softplus(x, 2.0))):
        layer(name + "_parameter", name, [(2, 3, 3, 4)], lambda xs, _, __, f=function: f(xs[0]), attributes,
              low=-4.0, high=4.0)
    shapes = {"all": (1,), "channel": (5,), "none": (4, 3, 5)}
    for sharing, shape in shapes.items():
        def prelu(xs, p, _, sharing=sharing):
            clear_of(lambda x: x, 0)(xs[0])
            if sharing == "none":  # PyTorch has no such form: each element as a channel
                return F.prelu(xs[0].reshape(3, -1), p["slope"].reshape(-1)).reshape(xs[0].shape)
            return nhwc(F.prelu(nchw(xs[0]), p["slope"]))

        layer(f"prelu_{sharing}", "prelu", [(3, 4, 3, 5)], prelu, {"sharing": sharing}, {"slope": shape})
        layer(f"learned_swish_{sharing}", "learned_swish", [(3, 4, 3, 5)],
              lambda xs, p, _: xs[0] * torch.sigmoid(p["beta"] * xs[0]), {"sharing": sharing}, {"beta": shape},
              low=-4.0, high=4.0)
    layer("log_softmax", "log_softmax", [(5, 10)], lambda xs, _, __: torch.log_softmax(xs[0], -1), low=-4.0,
          high=4.0)
    layer("softmax", "softmax", [(5, 10)], lambda xs, _, __: torch.softmax(xs[0], -1), low=-4.0, high=4.0)
    layer("softmax_image", "softmax", [(2, 3, 2, 19)], lambda xs, _, __: torch.softmax(xs[0], -1))
    shape = (2, 3, 4, 5)
    layer("add", "add", [shape] * 2, lambda xs, _, __: xs[0] + xs[1])
    layer("add_relu", "add", [shape] * 2, lambda xs, _, __: relu(xs[0] + xs[1]), {"activation": "relu"})
    layer("add_three", "add", [shape] * 3, lambda xs, _, __: xs[0] + xs[1] + xs[2])
    layer("concat", "concat", [(2, 3, 4, 5), (2, 3, 4, 2)], lambda xs, _, __: torch.cat(xs, -1))
    layer("pad", "pad", [(2, 3, 4, 5)], lambda xs, _, __: F.pad(xs[0], (2, 1, 0, 3, 1, 0)),
          {"before": (1, 0, 2), "after": (0, 3, 1)})
    for suffix, shapes in (("_three", [(2, 2, 3, 1), (2, 2, 3, 16), (2, 2, 3, 3)]),
                           ("_flat", [(4, 3), (4, 6)])):
        layer("concat" + suffix, "concat", shapes, lambda xs, _, __: torch.cat(xs, -1))


# ---- losses -------------------------------------------------------------------------------------------

def loss(name, op, shape, second, per_row, low=-4.0, high=4.0):
    """`loss` has one value per row; `dx` is the gradient of their mean."""

    def make(draw):
        x = draw(shape, low, high).requires_grad_()
        key, value = second(draw)
        rows = per_row(x, value)
        tensors = {"x": exact_f32(x.detach()), key: exact_f32(value), "loss": rows.detach(),
                   "dx": torch.autograd.grad(rows.mean(), x)[0]}
        return metadata_of(op, {}), tensors

    record(name, make)


def losses():
    def entropy(x, target):
        return F.cross_entropy(x, target, reduction="none")

    def distribution(rows, classes):
        """Rows of sixteenths that add up to 1; some are 0."""
        def second(draw):
            counts = torch.zeros(rows, classes, dtype=torch.float64)
            for row in range(rows):
                for _ in range(16):
                    counts[row, draw.random.randrange(classes)] += 1 / 16
            return "targets", counts
        return second

    loss("softmax_cross_entropy", "softmax_cross_entropy", (6, 10), labels(6, 10), entropy)
    loss("softmax_cross_entropy_two", "softmax_cross_entropy", (5, 2), labels(5, 2), entropy, -7.5, 7.5)
    loss("softmax_cross_entropy_many", "softmax_cross_entropy", (3, 101), labels(3, 101), entropy)
    loss("softmax_cross_entropy_soft", "softmax_cross_entropy", (6, 10), distribution(6, 10), entropy)
    loss("softmax_cross_entropy_soft_many", "softmax_cross_entropy", (3, 35), distribution(3, 35), entropy)

    def squares(x, target):
        return (x - target).square().mean(1)

    for suffix, shape in (("", (5, 7)), ("_wide", (2, 67))):
        loss("mean_squared_error" + suffix, "mean_squared_error", shape,
             lambda draw, shape=shape: ("targets", draw(shape)), squares)


def batch_loss(name, op, shape, second, value, attributes=None, low=-4.0, high=4.0):
    """`value` is the loss of the batch, `dx` its gradient."""

    def make(draw):
        x = draw(shape, low, high).requires_grad_()
        key, target = second(draw)
        result = value(x, target)
        tensors = {"x": exact_f32(x.detach()), key: exact_f32(target), "value": result.detach().reshape(1),
                   "dx": torch.autograd.grad(result, x)[0]}
        return metadata_of(op, attributes or {}), tensors

    record(name, make)


def labels(rows, classes):
    return lambda draw: ("labels", draw.integers((rows,), classes))


def dense_targets(shape, low=-1.0, high=1.0):
    return lambda draw: ("targets", draw(shape, low, high))


def cross_entropies(reduction, suffix, flag):
    weights = (0.5, 2.0, 1.0, 0.25, 1.5)
    tensor = torch.tensor(weights, dtype=torch.float64)
    smoothed, weighted = {"label_smoothing": 0.2}, {"class_weights": weights}
    ignored = {"ignores": True, "ignored_label": 2}
    for what, attributes, arguments in (
            ("smoothed", smoothed, {"label_smoothing": 0.2}),
            ("weighted", weighted, {"weight": tensor}),
            ("ignored", ignored, {"ignore_index": 2}),
            ("everything", {**smoothed, **weighted, **ignored},
             {"label_smoothing": 0.2, "weight": tensor, "ignore_index": 2})):
        def entropy(x, t, arguments=arguments):
            return F.cross_entropy(x, t, reduction=reduction, **arguments)

        batch_loss(f"cross_entropy_{what}{suffix}", "softmax_cross_entropy", (7, 5), labels(7, 5), entropy,
                   {**attributes, **flag})
    batch_loss("cross_entropy_soft_everything" + suffix, "softmax_cross_entropy", (7, 5),
               dense_targets((7, 5), 0.0),
               lambda x, t: F.cross_entropy(x, t, weight=tensor, label_smoothing=0.2, reduction=reduction),
               {**smoothed, **weighted, **flag})


def focal_loss(x, t, gamma, alpha, reduction):
    """torchvision.ops.sigmoid_focal_loss."""
    p = torch.sigmoid(x)
    p_t = p * t + (1 - p) * (1 - t)
    value = F.binary_cross_entropy_with_logits(x, t, reduction="none") * (1 - p_t) ** gamma
    if alpha >= 0:
        value = (alpha * t + (1 - alpha) * (1 - t)) * value
    return getattr(value, reduction)()


def hinge_loss(x, t, power, reduction):
    """PyTorch's divides by the number of classes."""
    if (x - x.gather(1, t[:, None]) + 1.25).abs().min() < 1e-4 * x.abs().max():
        raise OnKink
    return F.multi_margin_loss(x, t, p=power, margin=1.25, reduction=reduction) * x.shape[1]


def batch_losses():
    def bits(draw):
        return "targets", draw.integers((63,), 2).double().reshape(3, 21)

    shape = (3, 43)
    for reduction, suffix, flag in (("mean", "", {}), ("sum", "_sum", {"sum": True})):
        cross_entropies(reduction, suffix, flag)
        for name, op, target, function, attributes, low, high in (
                ("binary_cross_entropy", "", dense_targets(shape, 0.0), F.binary_cross_entropy_with_logits, {}, -7.5,
                 7.5),
                ("mean_absolute_error", "", dense_targets(shape), F.l1_loss, {}, -1.0, 1.0),
                ("mean_squared_error_batch", "mean_squared_error", dense_targets(shape), F.mse_loss, {}, -1.0, 1.0),
                ("huber", "", dense_targets(shape), lambda x, t, reduction: F.huber_loss(x, t, reduction, 0.7),
                 {"delta": 0.7}, -4.0, 4.0),
                ("smooth_l1", "", dense_targets(shape),
                 lambda x, t, reduction: F.smooth_l1_loss(x, t, reduction=reduction, beta=1.5), {"delta": 1.5}, -4.0,
                 4.0),
                ("kl_divergence", "", dense_targets(shape, 0.0),
                 lambda x, t, reduction: F.kl_div(x, t, reduction={"mean": "batchmean"}.get(reduction, reduction)),
                 {}, -5.0, -0.1),
                ("cosine", "", dense_targets(shape),
                 lambda x, t, reduction: getattr(1 - F.cosine_similarity(x, t), reduction)(), {}, -4.0, 4.0)):
            batch_loss(name + suffix, op or name, shape, target,
                       lambda x, t, f=function, r=reduction: f(x, t, reduction=r), {**attributes, **flag}, low, high)
        for what, power in (("", 1), ("_squared", 2)):
            batch_loss("hinge" + what + suffix, "hinge", (6, 9), labels(6, 9),
                       lambda x, t, p=power, r=reduction: hinge_loss(x, t, p, r),
                       {"margin": 1.25, "squared": power == 2, **flag})
        for what, gamma, alpha in (("", 2.0, 0.25), ("_unweighted", 1.5, -1.0), ("_gamma_0", 0.0, 0.5)):
            batch_loss("focal" + what + suffix, "focal", (3, 21), bits,
                       lambda x, t, g=gamma, a=alpha, r=reduction: focal_loss(x, t, g, a, r),
                       {"gamma": gamma, "alpha": alpha, **flag}, -5.0, 5.0)


# ---- optimizers ---------------------------------------------------------------------------------------

STEPS, WEIGHTS = 10, 23


def optimizer(name, op, constructor, attributes, arguments):
    """`w` before, `g` the gradient of each step, `w_after` the parameters after each step."""

    def make(draw):
        w = draw((WEIGHTS,)).requires_grad_()
        gradients = draw((STEPS, WEIGHTS), -2.0, 2.0)
        tensors = {"w": exact_f32(w.detach().clone()), "g": exact_f32(gradients)}
        torch_optimizer = constructor([w], **arguments)
        after = []
        for g in gradients:
            w.grad = g.clone()
            torch_optimizer.step()
            after.append(w.detach().clone())
        tensors["w_after"] = torch.stack(after)
        return metadata_of(op, attributes), tensors

    record(name, make)


def optimizers():
    def sgd(name, rate, momentum=0.0, dampening=0.0, nesterov=False, l2=0.0):
        shared = {"momentum": momentum, "dampening": dampening, "nesterov": nesterov}
        optimizer(name, "sgd", torch.optim.SGD, {"rate": rate, "l2": l2, **shared},
                  {"lr": rate, "weight_decay": l2, **shared})

    def adam(name, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, l2=0.0):
        optimizer(name, "adam", torch.optim.Adam,
                  {"rate": rate, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "l2": l2},
                  {"lr": rate, "betas": (beta1, beta2), "eps": epsilon, "weight_decay": l2})

    sgd("sgd", 0.1)
    sgd("sgd_l2", 0.1, l2=0.01)
    sgd("sgd_momentum", 0.05, 0.9)
    sgd("sgd_momentum_l2", 0.05, 0.9, l2=0.01)
    sgd("sgd_nesterov", 0.05, 0.9, nesterov=True)
    sgd("sgd_nesterov_l2", 0.02, 0.5, nesterov=True, l2=0.01)
    sgd("sgd_dampening", 0.1, 0.9, 0.5)
    sgd("sgd_dampening_l2", 0.1, 0.8, 0.9, l2=0.01)
    adam("adam", 0.001)
    adam("adam_l2", 0.01, l2=0.01)
    adam("adam_betas", 0.02, 0.5, 0.9)
    adam("adam_epsilon", 0.01, epsilon=0.1)


# ---- a whole network ----------------------------------------------------------------------------------

NETWORK = {  # parameters; the layers are those of network_loss
    "conv1.kernel": (3, 3, 3, 8), "bn1.gamma": (8,), "bn1.beta": (8,),
    "conv2.kernel": (3, 3, 8, 8), "conv2.bias": (8,), "head.kernel": (8, 5), "head.bias": (5,)}
NETWORK_STATE = {"bn1.running_mean": 0.0, "bn1.running_var": 1.0}


def network_loss(x, labels, p, s):
    def conv(x, kernel, bias, stride):
        return F.conv2d(x, oihw(kernel), bias, stride, 1)

    a = conv(nchw(x), p["conv1.kernel"], None, 2)
    a = F.batch_norm(a, s["bn1.running_mean"], s["bn1.running_var"], p["bn1.gamma"], p["bn1.beta"], True)
    a = relu(a)
    b = relu(conv(a, p["conv2.kernel"], p["conv2.bias"], 1) + a)
    return F.cross_entropy(b.mean((2, 3)) @ p["head.kernel"] + p["head.bias"], labels)


def network():
    """conv (3x3, stride 2) - batch norm - relu - conv - add - relu - mean - dense. `loss` is the batch's loss
    at each of three steps of SGD with momentum and at the end; `d<name>` the gradient of the first step."""

    def make(draw):
        attributes = {"rate": 0.1, "momentum": 0.9}
        x, labels = draw((6, 9, 8, 3)), draw.integers((6,), 5)
        p = {key: draw(shape, *((0.5, 1.5) if key == "bn1.gamma" else (-0.5, 0.5))).requires_grad_()
             for key, shape in NETWORK.items()}
        s = {key: torch.full((8,), value, dtype=torch.float64) for key, value in NETWORK_STATE.items()}
        tensors = {"x": exact_f32(x), "labels": labels}
        tensors.update((key, exact_f32(t.detach().clone())) for key, t in p.items())
        torch_optimizer = torch.optim.SGD(p.values(), lr=attributes["rate"], momentum=attributes["momentum"])
        found = []
        for step in range(3):
            torch_optimizer.zero_grad(set_to_none=True)
            value = network_loss(x, labels, p, s)
            value.backward()
            found.append(value.detach())
            if step == 0:
                tensors.update((f"d{key}", t.grad.clone()) for key, t in p.items())
            torch_optimizer.step()
        tensors.update((f"{key}_after", t.detach().clone()) for key, t in p.items())
        tensors.update((f"{key}_after", t.clone()) for key, t in s.items())
        found.append(network_loss(x, labels, p, s).detach())
        tensors["loss"] = torch.stack(found)
        return metadata_of("network", attributes), tensors

    record("network", make)


# ---- command ------------------------------------------------------------------------------------------

def difference(want, have):
    """What is wrong with one file, or None. Inputs are compared bit for bit, results to 1e-12: where they are
    not exact, their last bits depend on the kernels that PyTorch takes for the processor."""
    if want[0] != have[0]:
        return f"metadata are {have[0]}, not {want[0]}"
    if want[1].keys() != have[1].keys():
        return f"keys are {sorted(have[1])}, not {sorted(want[1])}"
    for key, a in want[1].items():
        b = have[1][key]
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"{key} is {b.dtype} {list(b.shape)}, not {a.dtype} {list(a.shape)}"
        limit = 1e-12 * a.abs().max() if a.dtype == torch.float64 else 0
        if (a - b).abs().max() > limit:
            return f"{key} differs by {(a - b).abs().max():g}"
    return None


def check(folder):
    wrong = []
    on_disk = {path.stem: path for path in folder.glob("*.safetensors")}
    wrong += [f"{name}: is not there" for name in FILES if name not in on_disk]
    wrong += [f"{name}: nothing makes it" for name in on_disk if name not in FILES]
    for name, path in sorted(on_disk.items()):
        if name in FILES:
            found = difference(FILES[name], read_safetensors(path))
            wrong += [f"{name}: {found}"] if found else []
    for line in wrong:
        print(line)
    print(f"{len(FILES)} files, {len(wrong)} not current")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("folder", type=pathlib.Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for family in (convolutions, denses, pools, batch_norms, elementwise, losses, batch_losses, optimizers, network):
        family()
    for family in golden_layers.FAMILIES:
        family(layer)
    for family in golden_optimizers.FAMILIES:
        family(optimizer, record)
    if args.check:
        return check(args.folder)
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, (metadata, tensors) in FILES.items():
        write_safetensors(args.folder / f"{name}.safetensors", metadata, tensors)
    print(f"{len(FILES)} files, {sum(p.stat().st_size for p in args.folder.glob('*.safetensors'))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
