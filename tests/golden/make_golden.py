#!/usr/bin/env python3
"""Makes the golden vectors of this folder with PyTorch in double precision; see README.md.

  make_golden.py DIR           writes every file into DIR
  make_golden.py --check DIR   compares DIR with what would be written; exit code 77 without PyTorch

Inputs are drawn by Python's own generator, seeded by the file's name, as multiples of 2^-16 below 8: exact
in f32, and sums of their products are exact in f64 in any order.
"""
import argparse
import pathlib
import sys

try:
    import torch
    import torch.nn.functional as F

    import golden_layers
    import golden_optimizers
    import golden_training
    from golden_record import (FILES, clear_of, layer, nchw, nhwc, oihw, read_safetensors, record, relu,
                               write_safetensors)
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-torch)")
    sys.exit(77)


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
    for family in (convolutions, denses, pools, batch_norms, elementwise, *golden_training.FAMILIES):
        family()
    for family in golden_layers.FAMILIES:
        family(layer)
    for family in golden_optimizers.FAMILIES:
        family(golden_training.optimizer, record)
    if args.check:
        return check(args.folder)
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, (metadata, tensors) in FILES.items():
        write_safetensors(args.folder / f"{name}.safetensors", metadata, tensors)
    print(f"{len(FILES)} files, {sum(p.stat().st_size for p in args.folder.glob('*.safetensors'))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
