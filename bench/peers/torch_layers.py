"""PyTorch's side of layers.py: one layer in this process, timed, printed as one line of JSON.

  torch_layers.py forward|train CASE --threads T --seconds S [--channels-last]
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import deform_conv2d

from torch_peer import openblas_in_use, repeat_for


class Local(nn.Module):
    """A convolution whose weights differ from place to place: unfold and einsum."""

    def __init__(self, channels, filters, kernel, places):
        super().__init__()
        self.kernel = kernel
        self.weight = nn.Parameter(torch.randn(places, channels * kernel * kernel, filters) * 0.05)
        self.bias = nn.Parameter(torch.zeros(places, filters))

    def forward(self, x):
        return torch.einsum("ncp,pcf->npf", F.unfold(x, self.kernel), self.weight) + self.bias


class Deformable(nn.Module):
    def __init__(self, channels, filters, kernel):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(filters, channels, kernel, kernel) * 0.05)
        self.bias = nn.Parameter(torch.zeros(filters))

    def forward(self, x, offset):
        return deform_conv2d(x, offset, self.weight, self.bias, padding=1)


class Maxout(nn.Module):
    def forward(self, x):
        return x.view(x.shape[0], 2, x.shape[1] // 2, *x.shape[2:]).amax(1)


def depthwise():
    return nn.Conv2d(128, 128, 3, padding=1, groups=128)


# (the layer, the shapes of its inputs with the batch): the same as ../convolutions.cc.
CASES = {
    "dense": lambda: (nn.Linear(1024, 1024), [(128, 1024)]),
    "depthwise": lambda: (depthwise(), [(8, 128, 56, 56)]),
    "separable": lambda: (nn.Sequential(depthwise(), nn.Conv2d(128, 128, 1)), [(8, 128, 56, 56)]),
    "transposed": lambda: (nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), [(8, 128, 28, 28)]),
    "local": lambda: (Local(32, 32, 3, 14 * 14), [(32, 32, 16, 16)]),
    "deformable": lambda: (Deformable(64, 64, 3), [(8, 64, 28, 28), (8, 18, 28, 28)]),
    "maxout": lambda: (Maxout(), [(8, 128, 56, 56)]),
}


def make_step(args):
    layer, shapes = CASES[args.case]()
    inputs = [torch.rand(shape) * 2.5 - 1.25 for shape in shapes]
    if args.channels_last:
        layer = layer.to(memory_format=torch.channels_last)
        inputs = [x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs]
    if args.mode == "forward":
        return shapes[0][0], lambda: layer(*inputs)
    inputs = [x.requires_grad_() for x in inputs]
    gradient = torch.rand_like(layer(*inputs))

    def step():
        for tensor in [*layer.parameters(), *inputs]:
            tensor.grad = None
        layer(*inputs).backward(gradient)

    return shapes[0][0], step


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("forward", "train"))
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--channels-last", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    batch, step = make_step(args)
    with torch.set_grad_enabled(args.mode == "train"):
        repeat_for(0.2 * args.seconds, step)
        used = time.process_time()
        calls, seconds = repeat_for(args.seconds, step)
        used = (time.process_time() - used) / calls
    print(json.dumps({"items_per_second": batch / (used if args.threads == 1 else seconds),
                      "version": torch.__version__, "blas": openblas_in_use()}))


if __name__ == "__main__":
    main()
