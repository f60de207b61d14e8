#!/usr/bin/env python3
"""Fails where a folder includes what it may not: the arrows of the house.

  arrows.py ROOT

Each folder of lib/ may include itself and what its row names. Outside libraries are allowed by file."""
import re
import sys
from pathlib import Path

# folder -> what of lib/ it may include: folders, or single headers.
ARROWS = {
    'base': [],
    'kernels': ['base'],
    'layers': ['base', 'kernels'],
    'graph': ['base', 'layers/layer.h', 'kernels/elementwise.h'],
    'io': ['base'],
    'data': ['base', 'kernels', 'io'],
    'model': ['base', 'graph', 'data', 'io', 'layers/layer.h', 'layers/registry.h', 'layers/custom.h',
              'kernels/random.h'],
    'train': ['base', 'model', 'graph', 'kernels', 'data', 'io', 'layers/layer.h'],
    'zoo': [],
    'capi': ['base', 'kernels', 'layers', 'graph', 'io', 'data', 'model', 'train', 'zoo'],
}
# Files that are written against the public headers: of lib/ they see nothing but their own headers.
PUBLIC_ONLY = [r'zoo/.*', r'train/fit(_\w+)?\.(cc|h)']
OWN_HEADERS = [r'zoo/zoo\.h', r'train/fit(_\w+)?\.h']
# Files that implement the public headers, and see both.
IMPLEMENTERS = [r'capi/.*']

# Pattern of an outside header -> the files of lib/ that may include it.
OUTSIDE = {
    r'hwy/.*': [r'kernels/.*\.cc', r'kernels/.*-inl\.h'],
    r'cblas\.h|omp\.h': [r'kernels/gemm\.cc'],
    r'zlib\.h': [r'io/gzip\.cc'],
    r'nlohmann/.*': [r'io/safetensors\.cc', r'model/json\.cc'],
    r'stb_.*|stb/.*': [r'io/\w+\.cc', r'data/\w+\.cc'],
    # The operating system and the processor.
    r'(sys|linux)/.*|unistd\.h|fcntl\.h|dirent\.h|sched\.h|pthread\.h|signal\.h|.*intrin\.h':
        [r'base/.*', r'io/file\.cc'],
}
# Of a folder's files only one may see these.
ONE_FILE = r'stb_.*|stb/.*'
OUTSIDE_FOLDERS = {'hwy'}  # Highway's own examples include it with quotes
STANDARD = re.compile(r'[a-z_0-9]+')
PUBLIC_STANDARD = {'stddef.h', 'stdint.h'}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def matches(patterns, text):
    return any(re.fullmatch(p, text) for p in patterns)


def includes(path):
    return [(kind == '"', target) for kind, target in INCLUDE.findall(path.read_text())]


def check_library(root):
    lib = root / 'lib'
    one_file = {}
    for path in sorted([*lib.rglob('*.h'), *lib.rglob('*.cc'), *lib.rglob('*.c')]):
        name = path.relative_to(lib).as_posix()
        folder = name.split('/')[0]
        if folder not in ARROWS:
            yield f'lib/{name}: the folder has no row in the table of arrows'
            continue
        for quoted, target in includes(path):
            if quoted and target.split('/')[0] not in OUTSIDE_FOLDERS:
                allowed = [folder, *ARROWS[folder]]
                if not (matches(OWN_HEADERS, target) if matches(PUBLIC_ONLY, name)
                        else any(target == a or target.startswith(a + '/') for a in allowed)):
                    yield f'lib/{name}: may not include "{target}"'
                elif not (lib / target).exists():
                    yield f'lib/{name}: "{target}" is not a path from lib/'
                continue
            if target.startswith('fovea/'):
                if not matches(PUBLIC_ONLY + IMPLEMENTERS, name):
                    yield f'lib/{name}: only capi/, zoo/ and train/fit see the public headers, not <{target}>'
                continue
            outside = [files for pattern, files in OUTSIDE.items() if re.fullmatch(pattern, target)]
            if outside:
                if not any(matches(files, name) for files in outside):
                    yield f'lib/{name}: may not include <{target}>'
            elif not (STANDARD.fullmatch(target) or re.fullmatch(r'[a-z]+\.h', target)):
                yield f'lib/{name}: <{target}> is an outside library that the table does not know'
            if re.fullmatch(ONE_FILE, target):
                one_file.setdefault(folder, set()).add(name)
    for folder, files in one_file.items():
        if len(files) > 1:
            yield f'lib/{folder}: stb is seen by more than one file: {", ".join(sorted(files))}'


def check_public(root):
    for path in sorted((root / 'include').rglob('*.h')):
        for quoted, target in includes(path):
            if quoted or not (target.startswith('fovea/') or target in PUBLIC_STANDARD):
                yield f'{path.relative_to(root)}: a public header may not include {target}'


def check_users(root):
    for folder in ['samples', 'tests/capi', 'bindings']:
        for path in sorted((root / folder).rglob('*')):
            if path.suffix not in {'.c', '.cc', '.h'}:
                continue
            for quoted, target in includes(path):
                inside = target.split('/')[0]
                if quoted and inside in ARROWS:
                    yield f'{path.relative_to(root)}: sees the public headers only, not "{target}"'


def main():
    root = Path(sys.argv[1])
    broken = [*check_library(root), *check_public(root), *check_users(root)]
    print('\n'.join(broken) or 'every arrow holds')
    sys.exit(1 if broken else 0)


if __name__ == '__main__':
    main()
