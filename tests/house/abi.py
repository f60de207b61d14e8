#!/usr/bin/env python3
"""Compares the library's binary interface with the checked-in dump.

  abi.py ROOT LIBRARY            fails where a host built against the dump would break, or the dump lacks something
  abi.py ROOT LIBRARY --write    writes the dump anew

Needs abidw and abidiff (abigail-tools) and a library built with debug information."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def skip(reason):
    print('skipped: ' + reason)
    sys.exit(77)


def dump(root, library, out):
    subprocess.run(['abidw', '--headers-dir', str(root / 'include' / 'fovea'), '--drop-private-types',
                    '--exported-interfaces-only', '--no-corpus-path', '--no-comp-dir-path', '--no-show-locs',
                    '--no-architecture', '--no-elf-needed', '--type-id-style', 'hash', '--out-file', str(out),
                    str(library)], check=True)
    # Where the build folder was is nobody's business.
    out.write_text(re.sub(r"path='[^']*/lib/", "path='lib/", out.read_text()))


def main():
    root, library = Path(sys.argv[1]), Path(sys.argv[2])
    kept = root / 'tests' / 'house' / 'libfovea.abi'
    if not shutil.which('abidw'):
        skip('no abidw (package abigail-tools)')
    if '.debug_info' not in subprocess.run(['readelf', '-SW', library], capture_output=True, text=True).stdout:
        skip('the library has no debug information (configure with -Ddebug=true)')
    if '--write' in sys.argv:
        dump(root, library, kept)
        return
    with tempfile.TemporaryDirectory() as folder:
        now = Path(folder, 'now.abi')
        dump(root, library, now)
        result = subprocess.run(['abidiff', '--no-architecture', str(kept), str(now)], capture_output=True, text=True)
    print(result.stdout + result.stderr)
    if result.returncode:
        print('The binary interface is not that of the dump. If that is meant: tests/house/abi.py ROOT LIBRARY --write')
    sys.exit(1 if result.returncode else 0)


if __name__ == '__main__':
    main()
