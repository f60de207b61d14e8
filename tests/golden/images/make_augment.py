#!/usr/bin/env python3
"""Makes augment.safetensors with torchvision: one image under steps of an augmentation with a forced draw.

  make_augment.py DIR           writes the file into DIR
  make_augment.py --check DIR   compares DIR with what would be written, within one grey level (torch's last bits
                                depend on the processor); exit code 77 without torchvision

The metadata name each case: "case.N" = "step low second interpolation fill_value size", with the numbers
of include/fovea/augment.h, the tensors are x and yN. "entry.N" of RandAugment's table with magnitude 9, the sign
included, is the tensor zN. "drawn.N" = "step position low high second_low second_high interpolation height width" is
a step with the ranges and the size given, as the training of seed 1 draws it in epoch 0 at that position, by the
generator that include/fovea/augment.h describes; the result is the tensor dN.
"""
import argparse
import json
import math
import pathlib
import random
import struct
import sys

try:
    import numpy
    import torch
    from PIL import Image
    from torchvision.transforms import InterpolationMode, RandAugment
    from torchvision.transforms import functional as F
    from torchvision.transforms.autoaugment import _apply_op
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-torchvision)")
    sys.exit(77)

HEIGHT, WIDTH = 37, 45


def picture():
    """Waves of every color with a few edges."""
    draw = random.Random(3)
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH].astype(numpy.float64)
    waves = [127 + 110 * numpy.sin(x * draw.uniform(-.3, .3) + y * draw.uniform(-.3, .3) + c) for c in range(3)]
    image = numpy.stack(waves, 2)
    image[8:15, 10:30] = [200, 40, 90]
    image[20:31, 5:12] = [15, 15, 15]
    return image.clip(0, 255).round().astype(numpy.uint8)


def filled(x, fill, transform):
    """torchvision's own fill value counts the edge's weight twice; zeros beside the image minus it do not."""
    return (transform(x.double() - fill) + fill).round().clamp(0, 255).to(torch.uint8)


def affine(x, shift=(0, 0), scale=1, shear=(0, 0)):
    return F.affine(x, 0, list(shift), scale, list(shear), InterpolationMode.BILINEAR)


def perspective(x, shares):
    """torchvision's points are those of pixels' edges: the middle of pixel 0 is at 0.5."""
    left, right, lower = 0.5, WIDTH - 0.5, HEIGHT - 0.5
    start = [[left, left], [right, left], [right, lower], [left, lower]]
    inwards = [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    end = [[p[0] + s[0] * d[0] * WIDTH / 2, p[1] + s[1] * d[1] * HEIGHT / 2]
           for p, d, s in zip(start, inwards, zip(shares[::2], shares[1::2]))]
    return F.perspective(x, start, end, InterpolationMode.BILINEAR)


def cases(x):
    """step, low, second, interpolation, fill_value, size, result"""
    bilinear, nearest = InterpolationMode.BILINEAR, InterpolationMode.NEAREST
    for angle in (25, -40, 90):
        yield 8, angle, 0, 0, 0, 0, F.rotate(x, angle, bilinear)
    yield 8, 33, 0, 1, 128, 0, F.rotate(x, 33, nearest, fill=[128.0] * 3)
    yield 8, 33, 0, 0, 128, 0, filled(x, 128, lambda x: F.rotate(x, 33, bilinear))
    yield 9, 7 / WIDTH, -5 / HEIGHT, 0, 0, 0, affine(x, shift=(7, -5))
    yield 10, 20, 0, 0, 0, 0, affine(x, shear=(20, 0))
    yield 10, -15, 12, 0, 60, 0, filled(x, 60, lambda x: affine(x, shear=(-15, 12)))
    yield 11, 0.8, 0, 0, 0, 0, affine(x, scale=1 / 0.8)
    yield 11, 1.3, 0, 0, 0, 0, affine(x, scale=1 / 1.3)
    yield 13, 0.3, 0, 0, 0, 0, perspective(x, [0.3] * 8)
    for factor in (1.4, 0.6):
        yield 16, factor, 0, 0, 0, 0, F.adjust_brightness(x, factor)
        yield 17, factor, 0, 0, 0, 0, F.adjust_contrast(x, factor)
        yield 18, factor, 0, 0, 0, 0, F.adjust_saturation(x, factor)
        yield 20, factor, 0, 0, 0, 0, F.adjust_gamma(x, factor)
        yield 28, factor, 0, 0, 0, 0, F.adjust_sharpness(x, factor)
    for turns in (0.2, -0.35):
        yield 19, turns, 0, 0, 0, 0, F.adjust_hue(x, turns)
    yield 23, 0, 0, 0, 0, 0, F.rgb_to_grayscale(x, 3)
    yield 24, 1.3, 0, 0, 0, 5, F.gaussian_blur(x, [5, 5], [1.3, 1.3])
    yield 29, 3, 0, 0, 0, 0, F.posterize(x, 3)
    yield 30, 100, 0, 0, 0, 0, F.solarize(x, 100)
    yield 31, 0, 0, 0, 0, 0, F.autocontrast(x)
    yield 32, 0, 0, 0, 0, 0, F.equalize(x)
    yield 33, 0, 0, 0, 0, 0, F.invert(x)


class Draws:
    """The numbers of step 0 at one position: Philox4x32-10 under seed 1 (Salmon et al. 2011), counter {block, position,
    epoch 0, 10 << 24 | 0}."""

    def __init__(self, position):
        self.position, self.block, self.words = position, 0, []
        self.uniform()  # whether the step is done

    def word(self):
        if not self.words:
            mask, key = 0xFFFFFFFF, [1, 0]
            c = [self.block, self.position, 0, 10 << 24]
            for _ in range(10):
                p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [q >> 32 ^ c[1] ^ key[0], q & mask, p >> 32 ^ c[3] ^ key[1], p & mask]
                key = [key[0] + 0x9E3779B9 & mask, key[1] + 0xBB67AE85 & mask]
            self.words, self.block = c, self.block + 1
        return self.words.pop(0)

    def uniform(self, low=0.0, high=1.0):
        upper = self.word()
        return low + (high - low) * ((upper << 21 | self.word() >> 11) * 2.0**-53)

    def below(self, n):
        while True:
            product = self.word() * n
            if product % 2**32 >= 2**32 % n:
                return product >> 32


def resized_crop(image, draws, area, ratio, filter, size):
    """RandomResizedCrop of torchvision with these draws."""
    for _ in range(10):
        target = HEIGHT * WIDTH * draws.uniform(*area)
        aspect = math.exp(draws.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(target * aspect)), round(math.sqrt(target / aspect))
        if 0 < w <= WIDTH and 0 < h <= HEIGHT:
            left, top = draws.below(WIDTH - w + 1), draws.below(HEIGHT - h + 1)
            return F.resized_crop(image, top, left, h, w, size, filter)
    raise ValueError("no window fits: choose another position")


def scale_crop(image, draws, sides, filter, size):
    """Resize and RandomCrop of torchvision."""
    scaled = F.resize(image, int(sides[0]) + draws.below(int(sides[1] - sides[0]) + 1), filter)
    left, top = draws.below(scaled.width - size[1] + 1), draws.below(scaled.height - size[0] + 1)
    return F.crop(scaled, top, left, *size)


def drawn(x):
    """step, position, range, second range, interpolation, size, result"""
    image = Image.fromarray(x.permute(1, 2, 0).contiguous().numpy())
    filters = [InterpolationMode.BILINEAR, InterpolationMode.NEAREST, InterpolationMode.BICUBIC]
    # Enlarged to primes, so that no pixel's middle is on the edge between two: PIL decides that by rounding errors.
    for mode, filter in enumerate(filters):
        for position, size in enumerate([(8, 10), (9, 9), (24, 30), (61, 53)]):
            area, ratio = ((0.08, 1.0), (3 / 4, 4 / 3)) if position % 2 else ((0.3, 0.6), (0.5, 2.0))
            y = resized_crop(image, Draws(position), area, ratio, filter, size)
            yield 7, position, area, ratio, mode, size, y
            sides = (max(size) + 2, 3 * max(size))
            yield 6, position, sides, (0, 0), mode, size, scale_crop(image, Draws(position), sides, filter, size)
    for position in range(4):
        draws = Draws(position)
        y = perspective(x, [draws.uniform(0, 0.5) for _ in range(8)])
        yield 13, position, (0, 0.5), (0, 0), 0, (0, 0), y.permute(1, 2, 0).contiguous().numpy()


def entries(x):
    space = RandAugment()._augmentation_space(31, (HEIGHT, WIDTH))
    for name, (magnitudes, signed) in space.items():
        magnitude = float(magnitudes[9]) if magnitudes.ndim > 0 else 0.0
        for sign in (1, -1) if signed else (1,):
            yield f"{name} {sign}", _apply_op(x, name, sign * magnitude, InterpolationMode.BILINEAR, None)


def tensors():
    metadata, values = {}, {"x": picture()}
    x = torch.from_numpy(values["x"]).permute(2, 0, 1).contiguous()
    for n, (step, low, second, mode, fill, size, y) in enumerate(cases(x)):
        metadata[f"case.{n}"] = f"{step} {low!r} {second!r} {mode} {fill} {size}"
        values[f"y{n}"] = y.permute(1, 2, 0).contiguous().numpy()
    metadata["cases"] = str(n + 1)
    for n, (name, y) in enumerate(entries(x)):
        metadata[f"entry.{n}"] = name
        values[f"z{n}"] = y.permute(1, 2, 0).contiguous().numpy()
    metadata["entries"] = str(n + 1)
    for n, (step, position, first, second, mode, size, y) in enumerate(drawn(x)):
        numbers = [step, position, *first, *second, mode, *size]
        metadata[f"drawn.{n}"] = " ".join(repr(v) for v in numbers)
        values[f"d{n}"] = numpy.asarray(y)
    metadata["drawn"] = str(n + 1)
    return metadata, values


def contents(metadata, values):
    header, data = {"__metadata__": metadata}, b""
    for name, value in values.items():
        raw = numpy.ascontiguousarray(value).tobytes()
        header[name] = {"dtype": "U8", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def read(path):
    raw = path.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8:8 + size]), raw[8 + size:]
    metadata = header.pop("__metadata__")
    return metadata, {name: numpy.frombuffer(data[slice(*t["data_offsets"])], numpy.uint8).reshape(t["shape"])
                      for name, t in header.items()}


parser = argparse.ArgumentParser()
parser.add_argument("--check", action="store_true")
parser.add_argument("directory", type=pathlib.Path)
arguments = parser.parse_args()
path = arguments.directory / "augment.safetensors"
metadata, values = tensors()
if not arguments.check:
    path.write_bytes(contents(metadata, values))
else:
    old_metadata, old = read(path)
    same = metadata == old_metadata and values.keys() == old.keys() and all(
        numpy.abs(values[name].astype(int) - old[name]).max() <= 1 for name in values)
    if not same:
        sys.exit(f"{path} is not what torchvision gives today")
