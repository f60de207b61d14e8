#!/usr/bin/env python3
"""Fails where a line of code is longer than the house's 110 columns.

  columns.py ROOT"""
import sys
from pathlib import Path

COLUMNS = 110
FOLDERS = {'include': ('.h', '.hpp'), 'lib': ('.h', '.cc', '.c'), 'samples': ('.c',), 'bench': ('.h', '.cc')}

root = Path(sys.argv[1])
long = [f'{path.relative_to(root)}:{number}: {len(line)} columns'
        for folder, suffixes in FOLDERS.items()
        for path in sorted((root / folder).rglob('*')) if path.suffix in suffixes
        for number, line in enumerate(path.read_text().splitlines(), 1) if len(line) > COLUMNS]
print('\n'.join(long))
sys.exit(1 if long else 0)
