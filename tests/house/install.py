#!/usr/bin/env python3
"""Installs the built library into an empty folder, and builds and runs a C and a C++ program outside of the
tree against what is there, by pkg-config alone.

  install.py ROOT BUILD"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def run(*command, **options):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f'{" ".join(map(str, command))}:\n{result.stdout}{result.stderr}')
    return result.stdout


def main():
    root, build = Path(sys.argv[1]), Path(sys.argv[2])
    sources = root / 'tests' / 'house'
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, 'place')
        run('meson', 'install', '-C', build, '--no-rebuild', '--destdir', place)
        files = sorted(p for p in place.rglob('*') if not p.is_dir())
        installed = {p.name for p in files}
        expected = {p.name for p in (root / 'include' / 'fovea').glob('*.h*')}
        expected |= {'libfovea.so', 'libfovea.so.0', 'libfovea.so.0.1.0', 'fovea.pc'}
        if installed != expected:
            sys.exit(f'installed: {sorted(installed)}\nexpected:  {sorted(expected)}')

        pc = next(p for p in files if p.name == 'fovea.pc')
        library = next(p for p in files if p.name == 'libfovea.so')
        environment = {**os.environ, 'PKG_CONFIG_LIBDIR': str(pc.parent), 'PKG_CONFIG_SYSROOT_DIR': str(place),
                       'LD_LIBRARY_PATH': str(library.parent)}
        flags = run('pkg-config', '--cflags', '--libs', 'fovea', env=environment).split()
        version = run('pkg-config', '--modversion', 'fovea', env=environment).strip()
        for compiler, standard, source in [('cc', 'c99', 'user.c'), ('c++', 'c++17', 'user.cc')]:
            program = Path(folder, source + '.out')
            strict = ['-Wall', '-Wextra', '-pedantic', '-Werror']
            run(compiler, f'-std={standard}', *strict, sources / source, '-o', program, *flags, cwd=folder)
            print(source, run(program, version, cwd=folder, env=environment).strip())


if __name__ == '__main__':
    main()
