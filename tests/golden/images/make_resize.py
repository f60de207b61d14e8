#!/usr/bin/env python3
"""Makes resize.safetensors and resize_float.safetensors with PIL: images resampled to other sizes.

  make_resize.py DIR           writes the files into DIR
  make_resize.py --check DIR   compares DIR with what would be written; exit code 77 without PIL

The metadata name each case: "case.N" = "filter height width top left bottom right", the tensors xN and yN; the
part is cut out first.
"""
import argparse
import json
import pathlib
import random
import struct
import sys

try:
    import numpy
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-pil, python3-numpy)")
    sys.exit(77)

FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "area": Image.BOX}
MODES = {1: "L", 3: "RGB", 4: "CMYK"}  # CMYK: four channels of which none is alpha


def picture(height, width, channels, seed):
    """Noise over large shapes: both even areas and edges."""
    draw = random.Random(seed)
    x = numpy.zeros((height, width, channels), numpy.float64)
    for _ in range(6):
        top, left = draw.randrange(height), draw.randrange(width)
        x[top:, left:] = [draw.randrange(256) for _ in range(channels)]
    noise = [draw.randrange(-40, 41) for _ in range(height * width * channels)]
    return (x + numpy.array(noise).reshape(x.shape)).clip(0, 255).astype(numpy.uint8)


def resized(x, filter, size, box):
    """PIL's result; a float image goes through it one channel at a time."""
    height, width = size
    top, left, bottom, right = box
    if x.dtype == numpy.uint8 and x.shape[2] != 2:
        image = Image.fromarray(x[:, :, 0] if x.shape[2] == 1 else x, MODES[x.shape[2]])
        y = image.crop((left, top, right, bottom)).resize((width, height), FILTERS[filter])
        return numpy.asarray(y).reshape(height, width, x.shape[2])
    channels = [numpy.asarray(Image.fromarray(numpy.ascontiguousarray(x[top:bottom, left:right, c]))
                              .resize((width, height), FILTERS[filter]))
                for c in range(x.shape[2])]
    return numpy.stack(channels, 2)


def cases(dtype):
    draw = random.Random(7)
    sizes = [((23, 31), (11, 9)), ((19, 27), (31, 33)), ((40, 13), (40, 7)), ((1, 1), (4, 5)),
             ((16, 20), (5, 33)), ((60, 41), (3, 2)), ((9, 80), (9, 17))]
    for filter in FILTERS:
        for channels in (1, 2, 3, 4) if dtype == numpy.uint8 else (1, 3):
            for (h, w), (oh, ow) in sizes if channels in (1, 3) and dtype == numpy.uint8 else sizes[:4]:
                box = (0, 0, h, w)
                if h > 20 and draw.random() < 0.5:
                    box = (draw.randrange(5), draw.randrange(5), h - draw.randrange(5), w - draw.randrange(5))
                yield filter, (oh, ow), box, picture(h, w, channels, draw.random()).astype(dtype)


def contents(dtype):
    header, data, metadata = {}, b"", {}
    for n, (filter, size, box, x) in enumerate(cases(dtype)):
        metadata[f"case.{n}"] = " ".join(str(v) for v in (filter, *size, *box))
        for name, value in (("x", x), ("y", resized(x, filter, size, box))):
            raw = numpy.ascontiguousarray(value).tobytes()
            header[f"{name}{n}"] = {"dtype": "U8" if dtype == numpy.uint8 else "F32",
                                    "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
    header["__metadata__"] = {"cases": str(n + 1), **metadata}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


parser = argparse.ArgumentParser()
parser.add_argument("--check", action="store_true")
parser.add_argument("directory", type=pathlib.Path)
arguments = parser.parse_args()
for file, dtype in (("resize.safetensors", numpy.uint8), ("resize_float.safetensors", numpy.float32)):
    path = arguments.directory / file
    if not arguments.check:
        path.write_bytes(contents(dtype))
    elif path.read_bytes() != contents(dtype):
        sys.exit(f"{path} is not what PIL gives today")
