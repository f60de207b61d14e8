#!/usr/bin/env python3
"""Compiles each public header alone, in every language it promises, with warnings as errors; then every
descriptor macro, in pedantic C99, and fovea.hpp.

  headers.py ROOT"""
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STRICT = ['-pedantic-errors', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Wundef', '-Werror']
C_COMPILERS, CXX_COMPILERS = ['gcc', 'clang'], ['g++', 'clang++']


def compile_text(command, language, standard, include, text):
    run = subprocess.run([command, '-x', language, f'-std={standard}', *STRICT, '-I', str(include), '-fsyntax-only', '-'],
                         input=text, capture_output=True, text=True)
    return None if run.returncode == 0 else f'{command} -std={standard}:\n{text}\n{run.stderr}'


def macro_user(header):
    """A function that uses every descriptor macro of a header."""
    names = re.findall(r'^#define (FV_\w+)\(\.\.\.\)(?:\s|\\)*\(&\(const (\w+)\)', header.read_text(), re.M)
    checks = ' && '.join(f'{macro}()->struct_size == sizeof({struct})' for macro, struct in names)
    return f'#include <fovea/{header.name}>\nint use(void);\nint use(void) {{ return {checks or 1}; }}\n'


def main():
    include = Path(sys.argv[1]) / 'include'
    headers = sorted((include / 'fovea').glob('*.h'))
    assert headers
    work = []
    for header in headers:
        alone = f'#include <fovea/{header.name}>\n#include <fovea/{header.name}>\n'
        work += [(c, 'c', std, include, alone) for c in C_COMPILERS for std in ['c99', 'c11']]
        work += [(c, 'c++', 'c++17', include, alone) for c in CXX_COMPILERS]
        work += [(c, 'c', 'c99', include, macro_user(header)) for c in C_COMPILERS]
    wrapper = '#include <fovea/fovea.hpp>\nfovea::Handle<fv_model> m; auto d = fovea::init<fv_dense_desc>();\n'
    work += [(c, 'c++', std, include, wrapper) for c in CXX_COMPILERS for std in ['c++17', 'c++20']]
    missing = {job[0] for job in work if not shutil.which(job[0])}
    with ThreadPoolExecutor(2) as pool:
        faults = [f for f in pool.map(lambda job: compile_text(*job), [j for j in work if j[0] not in missing]) if f]
    print('\n'.join(faults) or f'{len(work)} compilations, without a warning')
    if missing:
        print('not present, so not tried: ' + ', '.join(sorted(missing)))
    sys.exit(1 if faults or 'gcc' in missing or 'g++' in missing else 0)


if __name__ == '__main__':
    main()
