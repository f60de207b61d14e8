"""The golden vectors of training: losses, optimizers and a whole network."""
import torch
import torch.nn.functional as F

from golden_record import OnKink, exact_f32, metadata_of, nchw, oihw, record, relu


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
    positive = tuple((1 + i % 7) / 4 for i in range(shape[1]))
    pos_weight = torch.tensor(positive, dtype=torch.float64)
    for reduction, suffix, flag in (("mean", "", {}), ("sum", "_sum", {"sum": True})):
        cross_entropies(reduction, suffix, flag)
        for name, op, target, function, attributes, low, high in (
                ("binary_cross_entropy", "", dense_targets(shape, 0.0), F.binary_cross_entropy_with_logits, {}, -7.5,
                 7.5),
                ("binary_cross_entropy_positive", "binary_cross_entropy", dense_targets(shape, 0.0),
                 lambda x, t, reduction: F.binary_cross_entropy_with_logits(x, t, reduction=reduction,
                                                                            pos_weight=pos_weight),
                 {"positive_weights": positive}, -7.5, 7.5),
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


FAMILIES = (losses, batch_losses, optimizers, network)
