"""The golden vectors of layers beyond the first ones: one function for each file of lib/layers, which gets
make_golden.layer and names the cases."""
import torch
import torch.nn.functional as F


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def merges(layer):
    shape = (2, 3, 4, 5)
    layer("subtract", "subtract", [shape] * 2, lambda xs, _, __: xs[0] - xs[1])
    layer("multiply", "multiply", [shape] * 2, lambda xs, _, __: xs[0] * xs[1])
    layer("multiply_channels", "multiply", [shape, (2, 5)], lambda xs, _, __: xs[0] * xs[1][:, None, None, :])
    layer("multiply_by_channels", "multiply", [(2, 1, 1, 5), shape], lambda xs, _, __: xs[0] * xs[1])
    layer("average", "average", [shape] * 3, lambda xs, _, __: torch.stack(xs).mean(0))
    layer("matmul", "matmul", [(3, 4, 5), (3, 5, 2)], lambda xs, _, __: xs[0] @ xs[1])
    layer("matmul_transposed", "matmul", [(3, 5, 4), (3, 2, 5)], lambda xs, _, __: (xs[1] @ xs[0]).transpose(1, 2),
          {"transpose_a": True, "transpose_b": True})
    for pieces, x in ((2, (3, 8)), (3, (2, 3, 4, 6))):
        layer(f"maxout_{pieces}", "maxout", [x],
              lambda xs, _, __, n=pieces: xs[0].reshape(*xs[0].shape[:-1], n, -1).amax(-2), {"pieces": pieces})
    layer("maximum", "maximum", [shape] * 2, lambda xs, _, __: torch.maximum(xs[0], xs[1]))
    layer("maximum_three", "maximum", [shape] * 3, lambda xs, _, __: torch.stack(xs).amax(0))


def shapes(layer):
    x = (2, 4, 5, 3)
    for mode in ("reflect", "replicate"):
        layer(f"pad_{mode}", "pad", [x],
              lambda xs, _, __, mode=mode: nhwc(F.pad(nchw(xs[0]), (2, 1, 0, 3), mode=mode)),
              {"before": (0, 2), "after": (3, 1), "mode": mode})
    layer("pad_value", "pad", [x], lambda xs, _, __: F.pad(xs[0], (0, 1, 2, 0), value=1.5),
          {"before": (0, 2), "after": (0, 0, 1), "value": 1.5})
    layer("slice", "slice", [x], lambda xs, _, __: xs[0][:, 1:, 1:-1, :2],
          {"begin": (1, 1), "end": (0, -1, 2)})
    for axes in ((2, 0, 1), (1, 0, 2), (0, 2, 1)):
        layer("permute_" + "".join(map(str, axes)), "permute", [x],
              lambda xs, _, __, axes=axes: xs[0].permute(0, *(a + 1 for a in axes)), {"axes": axes})


def norms(layer):
    x = (3, 4, 3, 6)

    def affine(shape, attributes):
        keys = (("gamma", "scale"), ("beta", "center"))
        return {key: shape for key, wanted in keys if attributes.get(wanted, True)}

    def layer_norm(name, shape, **attributes):
        last = shape[len(shape) - attributes.get("axes", 1):]

        def forward(xs, p, _):
            return F.layer_norm(xs[0], last, p.get("gamma"), p.get("beta"), attributes.get("epsilon", 1e-5))

        layer(name, "layer_norm", [shape], forward, attributes, affine(last, attributes))

    layer_norm("layer_norm", x)
    layer_norm("layer_norm_all", x, axes=3)
    layer_norm("layer_norm_flat", (5, 37), epsilon=0.01)
    layer_norm("layer_norm_plain", x, axes=2, scale=False, center=False)

    def group_norm(name, op, groups, **attributes):
        def forward(xs, p, _):
            return nhwc(F.group_norm(nchw(xs[0]), groups, p.get("gamma"), p.get("beta"),
                                     attributes.get("epsilon", 1e-5)))

        given = attributes if op == "instance_norm" else {"groups": groups, **attributes}
        layer(name, op, [x], forward, given, affine((6,), attributes))

    for groups in (1, 2, 6):
        group_norm(f"group_norm_{groups}", "group_norm", groups)
    group_norm("group_norm_plain", "group_norm", 3, epsilon=0.01, scale=False, center=False)
    group_norm("instance_norm", "instance_norm", 6)
    group_norm("instance_norm_plain", "instance_norm", 6, scale=False, center=False)

    def lrn(name, channels, **attributes):
        def forward(xs, _, __):
            a = {"size": 5, "k": 2.0, "alpha": 1e-4, "beta": 0.75, "divide_alpha": False, **attributes}
            alpha = a["alpha"] if a["divide_alpha"] else a["alpha"] * a["size"]  # PyTorch divides
            return nhwc(F.local_response_norm(nchw(xs[0]), a["size"], alpha, a["beta"], a["k"]))

        layer(name, "local_response_norm", [(2, 3, 2, channels)], forward, attributes, low=-4.0, high=4.0)

    lrn("local_response_norm", 17)
    lrn("local_response_norm_divided", 9, alpha=0.5, divide_alpha=True)
    lrn("local_response_norm_even", 7, size=4, alpha=0.25, beta=0.6, k=1.0)
    lrn("local_response_norm_narrow", 2, size=3, alpha=0.25)


def region_pools(layer):
    for name, x, size in (("", (2, 7, 5, 3), (3, 2)), ("_wide", (2, 4, 3, 19), (2, 5))):
        for kind, function in (("max", F.adaptive_max_pool2d), ("average", F.adaptive_avg_pool2d)):
            layer(f"adaptive_{kind}_pool2d{name}", f"adaptive_{kind}_pool2d", [x],
                  lambda xs, _, __, f=function, size=size: nhwc(f(nchw(xs[0]), size)), {"size": size})
    layer("global_max_pool2d", "global_max_pool2d", [(3, 4, 5, 6)], lambda xs, _, __: xs[0].amax((1, 2)))

    def unpool(xs, _, __):
        image = nchw(xs[1])
        index = F.max_pool2d(image, (2, 3), return_indices=True)[1]
        return nhwc(F.max_unpool2d(nchw(xs[0]), index, (2, 3), output_size=image.shape)) + 0 * xs[1].sum()

    layer("max_unpool2d", "max_unpool2d", [(2, 3, 2, 4), (2, 7, 6, 4)], unpool, {"size": (2, 3), "strides": (2, 3)})


def resizes(layer):
    x = (2, 3, 4, 5)
    for name, attributes, arguments in (
            ("nearest", {"scale": (2, 3)}, {"mode": "nearest"}),
            ("bilinear", {"scale": (2, 3), "method": "bilinear"}, {"mode": "bilinear", "align_corners": False}),
            ("bilinear_corners", {"scale": (3, 2), "method": "bilinear", "align_corners": True},
             {"mode": "bilinear", "align_corners": True})):
        layer(f"upsample2d_{name}", "upsample2d", [x],
              lambda xs, _, __, a=attributes, kw=arguments: nhwc(F.interpolate(
                  nchw(xs[0]), scale_factor=tuple(map(float, a["scale"])), **kw)), attributes)
    layer("pixel_shuffle", "pixel_shuffle", [(2, 3, 2, 18)],
          lambda xs, _, __: nhwc(F.pixel_shuffle(nchw(xs[0]), 3)), {"factor": 3})
    layer("pixel_unshuffle", "pixel_unshuffle", [(2, 4, 6, 3)],
          lambda xs, _, __: nhwc(F.pixel_unshuffle(nchw(xs[0]), 2)), {"factor": 2})


def transposed(layer):
    def transposed_conv2d(name, x, filters, kernel, **attributes):
        given = {"filters": filters, "kernel": kernel, **attributes}
        groups = given.get("groups", 1)
        parameters = {"kernel": (*kernel, filters // groups, x[3])}
        if given.get("use_bias", True):
            parameters["bias"] = (filters,)

        def forward(xs, p, _):
            top, bottom, left, right = given.get("pad", (0, 0, 0, 0))
            y = F.conv_transpose2d(nchw(xs[0]), p["kernel"].permute(3, 2, 0, 1), p.get("bias"),
                                   given.get("strides", (1, 1)), (top, left), given.get("output_padding", (0, 0)),
                                   groups, given.get("dilation", (1, 1)))
            y = nhwc(y)[:, :y.shape[2] - (bottom - top), :y.shape[3] - (right - left)]
            return torch.sigmoid(y) if given.get("activation") else y

        layer(name, "transposed_conv2d", [x], forward, given, parameters)

    transposed_conv2d("transposed_conv2d", (2, 4, 3, 5), 3, (3, 3))
    transposed_conv2d("transposed_conv2d_stride_2", (2, 4, 5, 3), 6, (4, 4), strides=(2, 2), pad=(1, 1, 1, 1))
    transposed_conv2d("transposed_conv2d_output_padding", (2, 3, 4, 4), 2, (3, 2), strides=(3, 2), pad=(1, 1, 0, 0),
                      output_padding=(2, 1), use_bias=False)
    transposed_conv2d("transposed_conv2d_groups", (2, 3, 4, 6), 4, (2, 3), groups=2, strides=(2, 1))
    transposed_conv2d("transposed_conv2d_dilation", (2, 3, 3, 2), 3, (2, 3), dilation=(2, 3), strides=(2, 2),
                      output_padding=(1, 2), pad=(0, 1, 1, 2))
    transposed_conv2d("transposed_conv2d_sigmoid", (2, 3, 3, 2), 3, (2, 2), activation="sigmoid")


def locals_(layer):
    def local(name, x, filters, kernel, stride, pad):
        out = [(x[1] + pad[0] + pad[1] - kernel[0]) // stride[0] + 1,
               (x[2] + pad[2] + pad[3] - kernel[1]) // stride[1] + 1]

        def forward(xs, p, _):
            padded = F.pad(nchw(xs[0]), (pad[2], pad[3], pad[0], pad[1]))
            windows = F.unfold(padded, kernel, stride=stride)  # [batch][C kh kw][places]
            windows = windows.reshape(x[0], x[3], *kernel, *out)
            return torch.einsum("bcuvij,ijuvcf->bijf", windows, p["kernel"]) + p["bias"]

        layer(name, "local_conv2d", [x], forward,
              {"filters": filters, "kernel": kernel, "strides": stride, "pad": pad},
              {"kernel": (*out, *kernel, x[3], filters), "bias": (*out, filters)})

    local("local_conv2d", (3, 4, 5, 2), 3, (3, 2), (1, 1), (0, 0, 0, 0))
    local("local_conv2d_padded", (2, 5, 4, 3), 2, (3, 3), (2, 1), (1, 2, 1, 0))


def deformed(image, y, x):
    """`image` [batch][C][H][W] at places y, x [batch][...]: bilinear, zeros outside; [batch][C][...]."""
    height, width = image.shape[2:]
    top, left = y.detach().floor(), x.detach().floor()
    batch = torch.arange(image.shape[0]).reshape(-1, *[1] * (y.dim() - 1)).expand(y.shape)
    total = 0
    for i in (0, 1):
        for j in (0, 1):
            row, column = (top + i).long(), (left + j).long()
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            value = image[batch, :, row.clamp(0, height - 1), column.clamp(0, width - 1)].movedim(-1, 1)
            share = (1 - (y - top - i).abs()) * (1 - (x - left - j).abs()) * inside
            total = total + value * share[:, None]
    return total


def deforms(layer):
    """torchvision's operator, written out."""
    def deform(name, x, filters, kernel, groups=1, offset_groups=1, factors=False, **attributes):
        given = {"filters": filters, "kernel": kernel, "groups": groups, "offset_groups": offset_groups, **attributes}
        stride, dilation = given.get("strides", (1, 1)), given.get("dilation", (1, 1))
        pad = given.get("pad", (0, 0, 0, 0))
        out = [(x[1 + a] + pad[2 * a] + pad[2 * a + 1] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1
               for a in (0, 1)]
        cells = kernel[0] * kernel[1]
        inputs = [x, (x[0], *out, 2 * offset_groups * cells)]
        if factors:
            inputs.append((x[0], *out, offset_groups * cells))

        def forward(xs, p, _):
            image = nchw(xs[0])
            offsets = xs[1].reshape(x[0], *out, offset_groups, *kernel, 2)
            steps = [torch.arange(n, dtype=torch.float64) for n in (*out, *kernel)]
            y = (steps[0] * stride[0] - pad[0])[:, None, None, None] + (steps[2] * dilation[0])[:, None]
            z = (steps[1] * stride[1] - pad[2])[:, None, None] + steps[3] * dilation[1]
            columns = []
            for g in range(offset_groups):
                wide = x[3] // offset_groups
                part = deformed(image[:, g * wide:(g + 1) * wide], y + offsets[:, :, :, g, :, :, 0],
                                z + offsets[:, :, :, g, :, :, 1])
                if factors:
                    part = part * xs[2].reshape(x[0], *out, offset_groups, *kernel)[:, None, :, :, g]
                columns.append(part)
            columns = torch.cat(columns, 1).reshape(x[0], groups, -1, *out, *kernel)
            weights = p["kernel"].reshape(*kernel, x[3] // groups, groups, filters // groups)
            return torch.einsum("bgcijuv,uvcgf->bijgf", columns, weights).reshape(x[0], *out, filters) + p["bias"]

        layer(name, "deform_conv2d", inputs, forward, given,
              {"kernel": (*kernel, x[3] // groups, filters), "bias": (filters,)}, low=-1.5, high=1.5)

    deform("deform_conv2d", (2, 5, 4, 3), 2, (3, 3), pad=(1, 1, 1, 1))
    deform("deform_conv2d_factors", (2, 4, 4, 4), 4, (2, 3), groups=2, offset_groups=2, factors=True)
    deform("deform_conv2d_strides", (2, 6, 5, 2), 3, (2, 2), strides=(2, 1), dilation=(1, 2), pad=(0, 1, 1, 1))


def without_noise(layer):
    """What PyTorch and Fovea draw differs, so that only what they do at inference can be compared."""
    x = (3, 4, 3, 5)
    layer("linear", "linear", [x], lambda xs, _, __: torch.nn.Identity()(xs[0]))
    for op, module in (("dropout", torch.nn.Dropout(0.3)), ("spatial_dropout", torch.nn.Dropout2d(0.3))):
        layer(op, op, [x], lambda xs, _, __, m=module.eval(): m(xs[0]), {"rate": 0.3}, training=False)
    layer("drop_connect_dense", "drop_connect_dense", [(4, 6)],
          lambda xs, p, _: F.linear(xs[0], p["kernel"].T, p["bias"]), {"units": 3, "drop_connect": 0.3},
          {"kernel": (6, 3), "bias": (3,)}, training=False)
    layer("drop_connect_conv2d", "drop_connect_conv2d", [x],
          lambda xs, p, _: nhwc(F.conv2d(nchw(xs[0]), p["kernel"].permute(3, 2, 0, 1), p["bias"])),
          {"filters": 3, "kernel": (2, 2), "drop_connect": 0.3}, {"kernel": (2, 2, 5, 3), "bias": (3,)},
          training=False)


FAMILIES = (merges, shapes, norms, region_pools, resizes, transposed, locals_, deforms, without_noise)
