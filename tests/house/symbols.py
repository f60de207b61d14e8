#!/usr/bin/env python3
"""What libfovea.so shows to the world, and what its own code calls.

  symbols.py ROOT LIBRARY MAP ARCHIVE...      MAP: what the linker has put where; ARCHIVE: the static libraries of
                                              lib/, the library's own code

- It exports exactly the functions that the headers declare, which are exactly those of lib/fovea.map.
- Its SONAME is libfovea.so.0, and it needs no library but the expected ones.
- Its own code has no static constructor, and calls nothing that prints, ends the process or changes the host's state.
- What it has of its own code and data is smaller than 4 MB."""
import re
import subprocess
import sys
from pathlib import Path

NEEDED = {'libc.so.6', 'libm.so.6', 'libstdc++.so.6', 'libgcc_s.so.1', 'libhwy.so.1', 'libz.so.1', 'libgomp.so.1',
          'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'}
MOST_BYTES = 4 << 20
# Calls that a guest in someone's process has no business making.
FORBIDDEN = set('''abort exit _exit _Exit quick_exit atexit at_quick_exit __assert_fail raise kill signal sigaction
  sigprocmask setlocale uselocale chdir fchdir setenv putenv unsetenv clearenv umask fork vfork execve system
  printf vprintf puts putchar fputs fputc putc fprintf vfprintf perror __printf_chk __fprintf_chk __vprintf_chk
  __vfprintf_chk stdout stderr _ZSt4cout _ZSt4cerr _ZSt4clog srand rand random srandom
  feenableexcept fesetenv setrlimit sched_setaffinity setpriority alarm setitimer
  omp_set_dynamic omp_set_nested openblas_set_num_threads'''.split())


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def own_bytes(link_map):
    """Of the sections in memory that come from lib/: without the BLAS, and each inline function once."""
    total = 0
    started = False
    section = ''
    for line in Path(link_map).read_text(errors='replace').splitlines():
        started = started or line.startswith('Linker script and memory map')
        # " .text.name  0xaddress  0xsize lib/kernels/libfovea_kernels.a(gemm.cc.o)"; a long name has a line of its own
        found = re.match(r'^ (\.\S+)?(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+))?', line)
        if not started or not found or not found[0].strip():
            continue
        section = found[1] or section
        if found[4] and int(found[2], 16) != 0 and not section.startswith(('.debug', '.comment')):
            total += int(found[3], 16) if re.search(r'\blib/\w+/libfovea', found[4]) else 0
    return total


def check(root, library, link_map, archives):
    headers = ''.join(h.read_text() for h in (root / 'include' / 'fovea').glob('*.h'))
    declared = set(re.findall(r'^FV_API [^;(]*?\b(fv_\w+)\(', headers, re.M))
    listed = set(re.findall(r'^\s+(fv_\w+);', (root / 'lib' / 'fovea.map').read_text(), re.M))
    exported = {line.split()[-1].split('@')[0] for line in run('nm', '-D', '--defined-only', library).splitlines()
                if line.split()[-2] != 'A'}
    if not declared:
        yield 'no function found in the headers'
    for what, one, other in [('in the headers, not in fovea.map', declared, listed),
                             ('in fovea.map, not in the headers', listed, declared),
                             ('listed, but not exported', listed, exported),
                             ('exported, but not listed', exported, listed)]:
        if one - other:
            yield f'{what}: {", ".join(sorted(one - other))}'

    dynamic = run('readelf', '-dW', library)
    soname = re.findall(r'SONAME.*\[(.*)\]', dynamic)
    if soname != ['libfovea.so.0']:
        yield f'SONAME is {soname}'
    needed = set(re.findall(r'NEEDED.*\[(.*)\]', dynamic))
    if needed - NEEDED:
        yield f'needs libraries that nobody promised: {", ".join(sorted(needed - NEEDED))}'
    if 'TEXTREL' in dynamic:
        yield 'has text relocations'

    for archive in archives:
        if re.search(r' \.(init_array|ctors|preinit_array)', run('readelf', '-SW', archive)):
            names = [l for l in run('nm', '-AC', archive).splitlines() if '_GLOBAL__sub_I' in l]
            yield f'{Path(archive).name} has a static constructor: {" ".join(names)}'
        for line in run('nm', '-A', '--undefined-only', archive).splitlines():
            if line.split()[-1] in FORBIDDEN:
                yield f'{Path(archive).name}: calls {line.split()[-1]} ({line.split(":")[1]})'
    total = own_bytes(link_map)
    if total < 1 << 20:
        yield f'the link map knows of {total} bytes of ours only'
    print(f'{len(declared)} functions; needs {", ".join(sorted(needed))}; own code {total / 1e6:.2f} MB')
    if total >= MOST_BYTES:
        yield f'own code and data take {total} bytes, at most {MOST_BYTES} are promised'


def main():
    root, library, link_map, *archives = sys.argv[1:]
    faults = list(check(Path(root), library, link_map, archives))
    print('\n'.join(faults))
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
