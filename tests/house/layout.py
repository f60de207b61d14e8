#!/usr/bin/env python3
"""Fails where lib/fovea.map or bindings/layout.json no longer says what the headers say.

  layout.py ROOT"""
import subprocess
import sys
from pathlib import Path

try:
    import pycparser  # noqa: F401
except ImportError:
    print('skipped: no python3-pycparser')
    sys.exit(77)
sys.exit(subprocess.run([sys.executable, Path(sys.argv[1]) / 'bindings' / 'generate.py', '--check']).returncode)
