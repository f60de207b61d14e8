"""Optimizers and schedules for make_golden.py: PyTorch's where it has them, else the paper's formula.

A family is called with `optimizer(name, op, constructor, attributes, arguments)` and
`record(name, make)`.
"""
import torch
from torch.optim import lr_scheduler as schedulers


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, params, lr, betas, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                direction = torch.sign(beta1 * m + (1 - beta1) * w.grad)
                w -= group["lr"] * (direction + group["weight_decay"] * w)
                m.mul_(beta2).add_((1 - beta2) * w.grad)


class Lars(torch.optim.Optimizer):
    """You et al. 2017, algorithm 1."""

    def __init__(self, params, lr, momentum, trust, epsilon, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "momentum": momentum, "trust": trust, "epsilon": epsilon,
                                  "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                v = self.state[w].setdefault("v", torch.zeros_like(w))
                decay = group["weight_decay"]
                local = group["trust"] * w.norm() / (w.grad.norm() + decay * w.norm() + group["epsilon"])
                v.mul_(group["momentum"]).add_(group["lr"] * local * (w.grad + decay * w))
                w -= v


class Lamb(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, without a bound on the norm."""

    def __init__(self, params, lr, betas, eps, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                state = self.state[w]
                m = state.setdefault("m", torch.zeros_like(w))
                v = state.setdefault("v", torch.zeros_like(w))
                t = state["t"] = state.get("t", 0) + 1
                m.mul_(beta1).add_((1 - beta1) * w.grad)
                v.mul_(beta2).add_((1 - beta2) * w.grad**2)
                r = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + group["eps"]) + group["weight_decay"] * w
                w -= group["lr"] * w.norm() / r.norm() * r


class Nadam(torch.optim.Optimizer):
    """Dozat 2016, algorithm 8, as PyTorch from 2.0 on; before, one momentum counted twice there."""

    def __init__(self, params, lr, betas, eps, momentum_decay):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "psi": momentum_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                state = self.state[w]
                m = state.setdefault("m", torch.zeros_like(w))
                v = state.setdefault("v", torch.zeros_like(w))
                t = state["t"] = state.get("t", 0) + 1
                here, there = (beta1 * (1 - 0.5 * 0.96 ** (i * group["psi"])) for i in (t, t + 1))
                state["product"] = state.get("product", 1.0) * here
                m.mul_(beta1).add_((1 - beta1) * w.grad)
                v.mul_(beta2).add_((1 - beta2) * w.grad**2)
                root = (v / (1 - beta2**t)).sqrt() + group["eps"]
                w -= group["lr"] * (1 - here) / (1 - state["product"]) * w.grad / root
                w -= group["lr"] * there / (1 - state["product"] * there) * m / root


class Clipped:
    """An optimizer behind one of PyTorch's clippings."""

    def __init__(self, params, clip, **arguments):
        self.params, self.clip, self.inner = params, clip, torch.optim.SGD(params, **arguments)

    def step(self):
        self.clip(self.params)
        self.inner.step()


def optimizers(optimizer, record):
    adam = {"rate": 0.01, "beta1": 0.8, "beta2": 0.9, "epsilon": 1e-3}
    torch_adam = {"lr": 0.01, "betas": (0.8, 0.9), "eps": 1e-3}
    optimizer("adamw", "adamw", torch.optim.AdamW, {**adam, "weight_decay": 0.1}, {**torch_adam, "weight_decay": 0.1})
    optimizer("amsgrad", "adam", torch.optim.Adam, {**adam, "amsgrad": True}, {**torch_adam, "amsgrad": True})
    optimizer("adamax", "adamax", torch.optim.Adamax, adam, torch_adam)
    optimizer("nadam", "nadam", Nadam, {**adam, "momentum_decay": 0.02},
              {**torch_adam, "momentum_decay": 0.02})
    optimizer("adagrad", "adagrad", torch.optim.Adagrad, {"rate": 0.1, "epsilon": 1e-3}, {"lr": 0.1, "eps": 1e-3})
    optimizer("adadelta", "adadelta", torch.optim.Adadelta, {"rate": 0.7, "rho": 0.8, "epsilon": 1e-3},
              {"lr": 0.7, "rho": 0.8, "eps": 1e-3})
    rmsprop = {"rate": 0.02, "rho": 0.9, "epsilon": 1e-3}
    torch_rmsprop = {"lr": 0.02, "alpha": 0.9, "eps": 1e-3}
    for suffix, more in (("", {}), ("_momentum", {"momentum": 0.7}), ("_centered", {"centered": True}),
                         ("_centered_momentum", {"centered": True, "momentum": 0.7})):
        optimizer("rmsprop" + suffix, "rmsprop", torch.optim.RMSprop, {**rmsprop, **more}, {**torch_rmsprop, **more})
    optimizer("lion", "lion", Lion, {"rate": 0.02, "beta1": 0.9, "beta2": 0.95, "weight_decay": 0.1},
              {"lr": 0.02, "betas": (0.9, 0.95), "weight_decay": 0.1})
    optimizer("lars", "lars", Lars, {"rate": 0.5, "momentum": 0.8, "trust": 0.02, "epsilon": 1e-3, "weight_decay": 0.1},
              {"lr": 0.5, "momentum": 0.8, "trust": 0.02, "epsilon": 1e-3, "weight_decay": 0.1})
    optimizer("lamb", "lamb", Lamb, {**adam, "weight_decay": 0.1}, {**torch_adam, "weight_decay": 0.1})
    optimizer("clip_value", "sgd", Clipped, {"rate": 0.1, "momentum": 0.9, "clip_value": 0.75},
              {"lr": 0.1, "momentum": 0.9, "clip": lambda p: torch.nn.utils.clip_grad_value_(p, 0.75)})
    for name in ("clip_norm", "clip_global_norm"):  # the same where there is one parameter
        optimizer(name, "sgd", Clipped, {"rate": 0.1, "momentum": 0.9, name: 2.0},
                  {"lr": 0.1, "momentum": 0.9, "clip": lambda p: torch.nn.utils.clip_grad_norm_(p, 2.0)})


def schedules(optimizer, record):
    base, length = 0.5, 60

    def schedule(name, kind, make, **attributes):
        """`rate` at t = 0, 1, 2, ...; a plateau's is the one after observing `observed` so far. `momentum`
        where the schedule says it."""

        def build(draw):
            torch_optimizer = torch.optim.SGD([torch.zeros(1)], lr=base, momentum=0.5)
            scheduler = make(torch_optimizer)
            tensors, rates, momenta = {}, [], []
            if kind == "plateau":
                tensors["observed"] = torch.cumsum(draw((length,), -0.5, 0.3), 0).clamp(min=-2.0)
            for t in range(length):
                rates.append(torch_optimizer.param_groups[0]["lr"])
                momenta.append(torch_optimizer.param_groups[0]["momentum"])
                torch_optimizer.step()
                scheduler.step(*([tensors["observed"][t].item()] if kind == "plateau" else []))
            tensors["rate"] = torch.tensor(rates, dtype=torch.float64)
            if "highest_momentum" in attributes:
                tensors["momentum"] = torch.tensor(momenta, dtype=torch.float64)
            metadata = {"op": "schedule", "attribute.schedule": kind, "attribute.base": repr(base)}
            metadata.update({f"attribute.{k}": repr(v) if isinstance(v, float) else str(v) for k, v in attributes.items()})
            return metadata, tensors

        record("schedule_" + name, build)

    schedule("step", "step", lambda o: schedulers.StepLR(o, 7, 0.6), period=7, gamma=0.6)
    schedule("multi_step", "multi_step", lambda o: schedulers.MultiStepLR(o, [5, 11, 40], 0.3), gamma=0.3,
             milestones="5 11 40")
    schedule("exponential", "exponential", lambda o: schedulers.ExponentialLR(o, 0.93), gamma=0.93)
    schedule("inverse_time", "inverse_time", lambda o: schedulers.LambdaLR(o, lambda t: 1 / (1 + 0.4 * t / 3)),
             gamma=0.4, period=3)
    schedule("inverse_time_staircase", "inverse_time",
             lambda o: schedulers.LambdaLR(o, lambda t: 1 / (1 + 0.4 * (t // 3))), gamma=0.4, period=3, staircase=1)
    schedule("polynomial", "polynomial", lambda o: schedulers.PolynomialLR(o, 40, 1.7), total=40, power=1.7)
    schedule("cosine", "cosine", lambda o: schedulers.CosineAnnealingLR(o, length, 0.02), total=length, lowest=0.02)
    for name, growth in (("cosine_restarts", 1), ("cosine_restarts_growing", 2)):
        schedule(name, "cosine_restarts", lambda o, g=growth: schedulers.CosineAnnealingWarmRestarts(o, 7, g, 0.02),
                 period=7, growth=growth, lowest=0.02)
    schedule("one_cycle", "one_cycle",
             lambda o: schedulers.OneCycleLR(o, 0.9, total_steps=length + 1, pct_start=0.4, div_factor=10.0,
                                             final_div_factor=100.0, base_momentum=0.8, max_momentum=0.97),
             total=length + 1, highest=0.9, rising=0.4, start_divisor=10.0, end_divisor=100.0, lowest_momentum=0.8,
             highest_momentum=0.97)
    for shape, torch_shape in (("triangular", "triangular"), ("triangular2", "triangular2"),
                               ("exponential", "exp_range")):
        schedule("cyclic_" + shape, "cyclic",
                 lambda o, m=torch_shape: schedulers.CyclicLR(o, 0.1, 0.8, 5, 9, m, 0.95, base_momentum=0.8,
                                                                   max_momentum=0.97),
                 lowest=0.1, highest=0.8, period=5, falling=9, gamma=0.95, shape=shape, lowest_momentum=0.8,
                 highest_momentum=0.97)
    schedule("warmup_cosine", "cosine",
             lambda o: schedulers.SequentialLR(o, [schedulers.LinearLR(o, 0.25, 1.0, 5),
                                                   schedulers.CosineAnnealingLR(o, length, 0.02)], [5]),
             total=length, lowest=0.02, warmup=5, warmup_start=0.25)
    schedule("plateau", "plateau",
             lambda o: schedulers.ReduceLROnPlateau(o, "min", 0.3, 2, 0.05, "abs", 3, 0.004, 0.0),
             gamma=0.3, patience=2, min_delta=0.05, cooldown=3, lowest=0.004)


FAMILIES = (optimizers, schedules)
