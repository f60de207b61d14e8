#!/usr/bin/env python3
"""Writes image_corpus.txt: what the images of the corpora are to decode to, according to other decoders.

  /usr/bin/python3 make_image_corpus.py FOVEA_DATA > image_corpus.txt       Debian: python3-pil, python3-numpy

A row is a path below images/, tab, and one of
  same WIDTH HEIGHT CHANNELS CRC32     exactly these pixels
  near WIDTH HEIGHT CHANNELS HEX       at 64 places (pixel number i * count / 64) within two grey levels
  format, unsupported                  the error
The pixels are those of the reference PNG beside the file where there is one, else of PIL itself; a Radiance
file's are computed here. Where the outcome is another one than the reference's, EXCEPTIONS says why."""
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

UNSUPPORTED = {'.ico', '.tiff', '.tif', '.webp', '.ff', '.exr', '.qoi', '.bin'}
NO_IMAGE = {'.md', '.txt', '.list', ''}
# path -> (outcome, why)
EXCEPTIONS = {
    'bmp/images/imagemagick_invalid_run_length_issue_2321.bmp': ('format', 'a run goes past the edge'),
    'bmp/images/lenient/badpalettesize.bmp': ('format', 'a palette of 305402420 colours'),
    'bmp/images/lenient/badplanes.bmp': ('format', '257 planes'),
    'bmp/images/lenient/badrle.bmp': ('format', 'a run goes past the edge'),
    'bmp/images/lenient/pal8oversizepal.bmp': ('format', 'a palette of 300 colours'),
    'bmp/images/lenient/rgb16-880.bmp': ('format', 'no bits for blue'),
    'bmp/images/lenient/rle_overflow.bmp': ('format', 'a run goes past the edge'),
    'bmp/images/lenient/rletopdown.bmp': ('format', 'compressed from the top down, which BMP rules out'),
    'reftest/images/mjpeg.jpg': ('format', 'a frame of a film, which lacks its Huffman tables'),
    'reftest/images/partial_progressive.jpg': ('format', 'it breaks off between two scans'),
}

# Grey of 4 bits with a transparent level, which PIL compares with the levels of 8 bits.
PIL_IS_WRONG = {'tbbn0g04'}


def pixels_of(image):
    if image.mode.startswith('I'):
        a = np.array(image)
        # 16 bits, of which the upper 8 count; the greyscale references are 8 bits in such a mode.
        return (a >> 8 if a.max() > 255 else a).astype(np.uint8)[..., None]
    if image.mode == 'P':
        mode = 'RGBA' if 'transparency' in image.info else 'RGB'
    elif 'transparency' in image.info:
        mode = {'1': 'LA', 'L': 'LA', 'RGB': 'RGBA'}[image.mode]
    else:
        mode = {'1': 'L'}.get(image.mode, image.mode)
    a = np.array(image.convert(mode))
    return a if a.ndim == 3 else a[..., None]


def radiance(path):
    data = path.read_bytes()
    header, rest = data.split(b'\n\n', 1)
    size, rest = rest.split(b'\n', 1)
    _, height, _, width = size.split()
    height, width = int(height), int(width)
    rest = np.frombuffer(rest, np.uint8)
    out, at = [], 0
    while len(out) < height * width * 4:
        if width < 8 or tuple(rest[at:at + 2]) != (2, 2):
            pixel, shift = rest[at:at + 4], 0
            while tuple(pixel[:3]) == (1, 1, 1):  # old runs
                out += out[-4:] * (int(pixel[3]) << shift)
                shift += 8
                at += 4
                pixel = rest[at:at + 4] if len(out) < height * width * 4 else np.zeros(4, np.uint8)
            if len(out) < height * width * 4:
                out += list(pixel)
                at += 4
            continue
        at += 4
        planes = np.zeros((4, width), np.uint8)
        for plane in planes:
            x = 0
            while x < width:
                n = int(rest[at])
                if n > 128:
                    plane[x:x + n - 128] = rest[at + 1]
                    at += 2
                    x += n - 128
                else:
                    plane[x:x + n] = rest[at + 1:at + 1 + n]
                    at += 1 + n
                    x += n
        out += list(planes.T.reshape(-1))
    rgbe = np.array(out, np.float64).reshape(height, width, 4)
    scale = np.where(rgbe[..., 3:] == 0, 0, np.exp2(rgbe[..., 3:] - 136))
    return np.clip(np.power(rgbe[..., :3] * scale, 1 / 2.2) * 255 + .5, 0, 255).astype(np.uint8)


def outcome(root, path):
    name = path.relative_to(root).as_posix()
    for ending, (what, _) in EXCEPTIONS.items():
        if name.endswith(ending):
            return what
    if path.suffix in UNSUPPORTED or '/lossless/' in name:
        return 'unsupported'
    if '/bad/' in name or ('/regression/' in name and path.suffix in {'.tga', '.gif', '.jpeg'}):
        return 'unsupported' if path.suffix == '.tga' else 'format'  # no TGA at all, as its header says
    reference = Path(str(path).replace('/image-rs/images/', '/image-rs/reference/') + '.png')
    if '/reftest/' in name:
        reference = path.with_suffix('.png')
    near = path.read_bytes()[:2] == b'\xff\xd8'  # one of the JPEGs is a PNG
    if path.suffix == '.hdr':
        near, a = True, radiance(path)
    elif reference.exists() and (path.suffix != '.png' or path.stem in PIL_IS_WRONG):
        a = pixels_of(Image.open(reference))
        if path.suffix == '.gif':
            a[a[..., 3] == 0] = 0
        if near and a.shape[2] in (2, 4):
            a = a[..., :-1]
    else:
        image = Image.open(path)
        if path.suffix == '.gif':
            a = np.array(image.convert('RGBA'))
            a[a[..., 3] == 0] = 0
        else:
            a = pixels_of(ImageOps.exif_transpose(image))
    a = np.ascontiguousarray(a)
    if not near:
        return 'same %d %d %d %08x' % (a.shape[1], a.shape[0], a.shape[2], zlib.crc32(a.tobytes()))
    flat = a.reshape(-1, a.shape[2])
    sample = flat[np.arange(64) * len(flat) // 64]
    return 'near %d %d %d %s' % (a.shape[1], a.shape[0], a.shape[2], sample.tobytes().hex())


def main():
    root = Path(sys.argv[1], 'images').resolve()
    for path in sorted(root.rglob('*')):
        if path.is_dir() or path.suffix in NO_IMAGE or '/reference/' in str(path):
            continue
        if '/reftest/' in str(path) and path.suffix == '.png' and path.with_suffix('.jpg').exists():
            continue
        print(path.relative_to(root), outcome(root, path), sep='\t')


if __name__ == '__main__':
    main()
