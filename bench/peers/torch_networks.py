"""The networks of the comparison in PyTorch. bench/networks.cc builds the same ones with Fovea."""
import torch
from torch import nn
import torch.nn.functional as F
import torchvision


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(),
        nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, 10))


def keras_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(128, 10))


class CifarBlock(nn.Module):
    """Two 3x3 convolutions; the shortcut of a block that halves the image is option A of He et al.
    (2016): every second pixel, zeros for the new channels, no parameters."""

    def __init__(self, channels_in, channels, stride):
        super().__init__()
        self.stride = stride
        self.new_channels = channels - channels_in
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.stride != 1:
            half = self.new_channels // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, self.new_channels - half))
        return F.relu(y + x)


def resnet20():
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    channels = 16
    for width in (16, 32, 64):
        for block in range(3):
            layers.append(CifarBlock(channels, width, 2 if block == 0 and width > 16 else 1))
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def googlenet():
    return torchvision.models.googlenet(aux_logits=False, init_weights=False)


models = torchvision.models

# name -> (constructor, shape of one sample as CHW, classes)
NETWORKS = {
    "lenet5": (lenet5, (1, 28, 28), 10),
    "keras_cnn": (keras_cnn, (1, 28, 28), 10),
    "resnet20": (resnet20, (3, 32, 32), 10),
    "alexnet": (models.alexnet, (3, 224, 224), 1000),
    "resnet18": (models.resnet18, (3, 224, 224), 1000),
    "vgg16": (models.vgg16, (3, 224, 224), 1000),
    "resnet50": (models.resnet50, (3, 224, 224), 1000),
    "googlenet": (googlenet, (3, 224, 224), 1000),
    "mobilenet_v2": (models.mobilenet_v2, (3, 224, 224), 1000),
    "densenet121": (models.densenet121, (3, 224, 224), 1000),
}


def build(name):
    """The network, and a function that makes a batch of fixed random data: (images, labels)."""
    constructor, shape, classes = NETWORKS[name]
    torch.manual_seed(1)
    network = constructor()

    def data(batch):
        generator = torch.Generator().manual_seed(2)
        return (torch.rand((batch, *shape), generator=generator),
                torch.randint(classes, (batch,), generator=generator))

    return network, data
