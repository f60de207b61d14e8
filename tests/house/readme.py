#!/usr/bin/env python3
"""Compiles and runs the C program of README.md, as it stands there, and looks for the files that README.md links to.

  readme.py ROOT LIBRARY"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

root, library = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
text = (root / 'README.md').read_text()
missing = [link for link in re.findall(r'\]\(([^):]+)\)', text) if not (root / link).exists()]
if missing:
    sys.exit(f'README.md links to what is not there: {", ".join(missing)}')
program = re.search(r'```c\n(.*?)```', text, re.S).group(1)
with tempfile.TemporaryDirectory() as folder:
    Path(folder, 'digits.c').write_text(program)
    for command in [
            ['cc', '-std=c99', '-Wall', '-Wextra', '-pedantic', '-Werror', '-I', str(root / 'include'), 'digits.c', '-o',
             'digits', str(library), f'-Wl,-rpath,{library.parent}'],
            ['./digits']]:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ)
        print(result.stdout + result.stderr, end='')
        if result.returncode:
            sys.exit(f'{" ".join(command)}: {result.returncode}')
    if not Path(folder, 'digits.fovea').exists():
        sys.exit('digits.fovea was not written')
