#!/usr/bin/env python3
"""What torchvision's networks with random weights compute in double precision; for ../zoo/torchvision_test.cc.

  torchvision_network.py NETWORK FILE   writes FILE (safetensors); exit code 77 without torchvision

Dropout is off. FILE has, in torchvision's names, order and layout but in f32:
  x, labels             a batch [n][h][w][3]
  weight.NAME           parameters and running statistics before the step
  gradient.NAME         of the loss; GoogLeNet's has both auxiliary heads with the weight 0.3
  after.NAME            running statistics after that forward pass
  loss, logits          of the training pass; of an inference that follows it
  f32                   how far PyTorch's own f32 is from all gradients together: |a - b| / |b|, Euclidean norm
"""
import copy
import pathlib
import sys

try:
    import torch
    import torch.nn.functional as F
    from torchvision import models

    from golden_record import write_safetensors
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-torchvision)")
    sys.exit(77)

def unpooled(network, dense, whole, cells):
    """torchvision blows the last image's `cells` up to the `whole` of 224x224; the zoo takes a smaller layer."""
    old = network.classifier[dense]
    network.avgpool = torch.nn.Identity()
    network.classifier[dense] = torch.nn.Linear(old.in_features // whole * cells, old.out_features)
    return network


# Constructor, batch, height and width. Where images may be small they are.
NETWORKS = {
    "alexnet": (lambda: unpooled(models.alexnet(), 1, 6 * 6, 3 * 3), 4, 128),
    "vgg16": (lambda: unpooled(models.vgg16(), 0, 7 * 7, 2 * 2), 2, 64),
    "resnet18": (models.resnet18, 4, 64),
    "resnet50": (models.resnet50, 4, 64),
    "googlenet": (lambda: models.googlenet(aux_logits=True, init_weights=False), 4, 96),
    "resnext50": (models.resnext50_32x4d, 4, 64),
    "densenet121": (models.densenet121, 4, 64),
    "squeezenet": (models.squeezenet1_1, 2, 96),
    "mobilenet_v2": (models.mobilenet_v2, 4, 64),
}


def make(constructor):
    """Batch norms unlike one another."""
    network = constructor()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
    return network


def loss_of(result, labels):
    if isinstance(result, torch.Tensor):
        return F.cross_entropy(result, labels)
    heads = F.cross_entropy(result.aux_logits1, labels) + F.cross_entropy(result.aux_logits2, labels)
    return F.cross_entropy(result.logits, labels) + 0.3 * heads


def step(network, x, labels):
    """The loss of a training step; the gradients stay in the network."""
    loss = loss_of(network.train()(x), labels)
    loss.backward()
    return loss.detach()


def single_precision(network, x, labels):
    """The gradients of PyTorch's own f32."""
    narrow = copy.deepcopy(network).float()
    step(narrow, x.float(), labels)
    return [p.grad.double() for p in narrow.parameters()]


def main():
    name, path = sys.argv[1], pathlib.Path(sys.argv[2])
    constructor, batch, side = NETWORKS[name]
    torch.manual_seed(1)
    network = make(constructor).double()  # from f32, which so holds the weights
    x = torch.randn(batch, 3, side, side).double()
    labels = torch.randint(1000, (batch,))
    narrow = single_precision(network, x, labels)
    state = network.state_dict().items()
    kept = {key: value for key, value in state if not key.endswith("num_batches_tracked")}
    tensors = {"x": x.permute(0, 2, 3, 1).float(), "labels": labels}
    tensors.update((f"weight.{key}", value.float()) for key, value in kept.items())

    tensors["loss"] = step(network, x, labels).float().reshape(1)
    squares = [0.0, 0.0]
    for (key, value), other in zip(network.named_parameters(), narrow):
        squares[0] += (value.grad - other).square().sum().item()
        squares[1] += value.grad.square().sum().item()
        tensors[f"gradient.{key}"] = value.grad.float()
        value.grad = None  # they are large
    tensors["f32"] = torch.tensor([(squares[0] / squares[1]) ** 0.5])
    tensors.update((f"after.{key}", value.float()) for key, value in kept.items() if "running" in key)
    with torch.no_grad():
        tensors["logits"] = network.eval()(x).float()
    write_safetensors(path, {}, tensors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
