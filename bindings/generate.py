#!/usr/bin/env python3
"""Derives from the public headers what must agree with them.

  lib/fovea.map          the symbols that libfovea exports
  bindings/layout.json   functions, parameter types, enum values, struct sizes and offsets, which the
                         bindings check themselves against
  bindings/rust/fovea-sys, bindings/csharp/Fovea/NativeMethods.g.cs
                         the raw declarations (see emit/)

`generate.py` rewrites them; `generate.py --check` changes nothing and fails where one is out of date. Needs
python3-pycparser and a C compiler ($CC, else cc).
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from pycparser import c_ast, c_generator, c_parser

from emit import csharp, rust

ROOT = Path(__file__).resolve().parent.parent
HEADERS = ROOT / 'include' / 'fovea'
MAP = ROOT / 'lib' / 'fovea.map'
BINDINGS = ROOT / 'bindings'

# All that the public headers take from the C library, so that parsing depends on no system header.
STANDARD = {
    'stddef.h': 'typedef unsigned long size_t;\n#define NULL ((void *)0)\n',
    'stdint.h': ''.join(f'typedef {ctype} {name};\n' for ctype, name in [
        ('signed char', 'int8_t'), ('unsigned char', 'uint8_t'), ('short', 'int16_t'), ('unsigned short', 'uint16_t'),
        ('int', 'int32_t'), ('unsigned', 'uint32_t'), ('long', 'int64_t'), ('unsigned long', 'uint64_t')]),
}


def compiler():
    return shlex.split(os.environ.get('CC', 'cc'))


def parse_headers():
    """The syntax tree of all headers; coordinates name the header of each declaration."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in STANDARD.items():
            Path(folder, name).write_text(text)
        preprocessed = subprocess.run(
            compiler() + ['-E', '-std=c99', '-nostdinc', '-U__GNUC__', '-I', folder, '-I', str(HEADERS.parent),
                          str(HEADERS / 'fovea.h')], check=True, capture_output=True, text=True).stdout
    return c_parser.CParser().parse(preprocessed, 'fovea.h')


def type_text(node):
    """The type of a declaration as C writes it without the name: 'const fv_tensor *', 'int64_t[8]'."""
    return ' '.join(c_generator.CGenerator().visit(c_ast.Typename(None, [], None, node)).split())


def without_name(node):
    if isinstance(node, c_ast.TypeDecl):
        return c_ast.TypeDecl(None, node.quals, None, node.type)
    if isinstance(node, c_ast.PtrDecl):
        return c_ast.PtrDecl(node.quals, without_name(node.type))
    if isinstance(node, c_ast.ArrayDecl):
        return c_ast.ArrayDecl(without_name(node.type), node.dim, node.dim_quals)
    if isinstance(node, c_ast.FuncDecl):
        return c_ast.FuncDecl(node.args, without_name(node.type))
    return node


def signature(function):
    parameters = function.args.params if function.args else []
    named = [{'name': p.name, 'type': type_text(without_name(p.type))} for p in parameters if p.name]
    return {'returns': type_text(without_name(function.type)), 'parameters': named}


def read_declarations(tree):
    layout = {'enums': {}, 'typedefs': {}, 'callbacks': {}, 'opaque': [], 'structs': {}, 'functions': {}}
    last_typedef = None
    for node in tree.ext:
        header = Path(node.coord.file).name
        if header in STANDARD:
            continue
        if isinstance(node, c_ast.Typedef):
            inner = node.type
            if isinstance(inner, c_ast.TypeDecl) and isinstance(inner.type, c_ast.Struct):
                fields = inner.type.decls
                if fields is None:
                    layout['opaque'].append(node.name)
                else:
                    layout['structs'][node.name] = {
                        'header': header,
                        'fields': {f.name: {'type': type_text(without_name(f.type))} for f in fields}}
            elif isinstance(inner, c_ast.PtrDecl) and isinstance(inner.type, c_ast.FuncDecl):
                layout['callbacks'][node.name] = signature(inner.type)
            else:
                layout['typedefs'][node.name] = type_text(without_name(inner))
                last_typedef = node.name
        elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Enum):
            # `typedef int32_t fv_x; enum { ... };`: the values belong to the typedef in front.
            layout['enums'][last_typedef] = {e.name: None for e in node.type.values.enumerators}
        elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
            layout['functions'][node.name] = {'header': header, **signature(node.type)}
        else:
            sys.exit(f'{header}:{node.coord.line}: a declaration of a sort that this program does not know')
    return layout


def constants():
    """Object-like macros with a value, apart from the export macro and include guards."""
    found = []
    for header in sorted(HEADERS.glob('*.h')):
        found += re.findall(r'^#define (FV_\w+) +(?!__attribute__)\S', header.read_text(), re.M)
    return found


def measure(layout):
    """Fills in sizes, offsets and values, as a C compiler sees them."""
    lines = []

    def ask(key, kind, expression):
        lines.append(f'  printf("{key} %{kind}\\n", {expression});')

    for name, struct in layout['structs'].items():
        ask(f'structs/{name}/size', 'zu', f'sizeof({name})')
        for field in struct['fields']:
            ask(f'structs/{name}/fields/{field}/offset', 'zu', f'offsetof({name}, {field})')
            ask(f'structs/{name}/fields/{field}/size', 'zu', f'sizeof((({name} *)0)->{field})')
    for name, values in layout['enums'].items():
        for value in values:
            ask(f'enums/{name}/{value}', 'd', value)
    layout['constants'] = {name: {'type': None, 'value': None} for name in constants()}
    types = ', '.join(f'{t}: "{t}"' for t in ('int32_t', 'uint32_t', 'int64_t', 'uint64_t', 'double'))
    for name in layout['constants']:
        ask(f'constants/{name}/type', 's', f'_Generic({name}, {types})')
        ask(f'constants/{name}/value', '.17g', f'(double){name}')
    program = '#include <fovea/fovea.h>\n#include <stdio.h>\nint main(void) {\n' + '\n'.join(lines) + '\n}\n'
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, 'probe.c'), Path(folder, 'probe')
        source.write_text(program)
        subprocess.run(compiler() + ['-I', str(HEADERS.parent), str(source), '-o', str(binary)], check=True)
        answers = subprocess.run([str(binary)], check=True, capture_output=True, text=True).stdout
    for line in answers.splitlines():
        path, value = line.split()
        *parents, key = path.split('/')
        place = layout
        for parent in parents:
            place = place[parent]
        place[key] = int(value) if re.fullmatch(r'-?\d+', value) else value if key == 'type' else float(value)


def symbol_map(layout):
    names = '\n'.join(f'    {name};' for name in sorted(layout['functions']))
    return ('/* The symbols that libfovea exports: what include/fovea declares. Written by bindings/generate.py. */\n'
            f'FOVEA_0 {{\n  global:\n{names}\n  local:\n    *;\n}};\n')


def outputs(layout):
    return [(MAP, symbol_map(layout)),
            (BINDINGS / 'layout.json', json.dumps(layout, indent=1) + '\n'),
            (BINDINGS / 'rust' / 'fovea-sys' / 'src' / 'bindings.rs', rust.bindings(layout)),
            (BINDINGS / 'rust' / 'fovea-sys' / 'tests' / 'layout.rs', rust.layout_test(layout)),
            (BINDINGS / 'csharp' / 'Fovea' / 'NativeMethods.g.cs', csharp.native_methods(layout))]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('--check', action='store_true', help='change nothing; fail where a file is out of date')
    check = arguments.parse_args().check
    layout = read_declarations(parse_headers())
    measure(layout)
    stale = []
    for path, text in outputs(layout):
        if path.exists() and path.read_text() == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if not check:
            path.write_text(text)
    if check and stale:
        sys.exit(f'out of date: {", ".join(stale)}; run bindings/generate.py')
    print('up to date' if not stale else 'wrote ' + ', '.join(stale))


if __name__ == '__main__':
    main()
