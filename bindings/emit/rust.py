"""bindings/rust/fovea-sys: the raw declarations, and the test that asserts them against layout.json."""
from .ctype import as_parameter, parse

PLAIN = {'void': 'c_void', 'char': 'c_char', 'double': 'f64', 'float': 'f32', 'size_t': 'usize',
         'int8_t': 'i8', 'uint8_t': 'u8', 'int16_t': 'i16', 'uint16_t': 'u16',
         'int32_t': 'i32', 'uint32_t': 'u32', 'int64_t': 'i64', 'uint64_t': 'u64'}
KEYWORDS = {'as', 'box', 'dyn', 'fn', 'in', 'loop', 'match', 'mod', 'move', 'ref', 'type', 'use', 'where', 'yield'}
WRITTEN = '// Written by bindings/generate.py from the headers in include/fovea. Do not edit.\n'


def identifier(name):
    return 'r#' + name if name in KEYWORDS else name


def type_name(ctype):
    text = PLAIN.get(ctype.base, ctype.base)
    for const in ctype.pointers:
        text = ('*const ' if const else '*mut ') + text
    return f'[{text}; {ctype.length}]' if ctype.length else text


def parameters(signature):
    return [f'{identifier(p["name"])}: {type_name(as_parameter(p["type"]))}' for p in signature['parameters']]


def result(signature):
    returns = parse(signature['returns'])
    return '' if returns.base == 'void' and not returns.pointers else ' -> ' + type_name(returns)


def call(head, arguments, tail):
    """One line where it fits into 110 columns, as rustfmt would have it."""
    line = f'{head}({", ".join(arguments)}){tail}'
    if len(line) <= 110 or not arguments:
        return line + '\n'
    indent = head[:len(head) - len(head.lstrip())]
    return f'{head}(\n' + ''.join(f'{indent}    {a},\n' for a in arguments) + f'{indent}){tail}\n'


def number(value):
    return repr(value)


def bindings(layout):
    out = [WRITTEN, '\nuse std::os::raw::{c_char, c_void};\n']
    out.append('\n// ---- constants\n\n')
    for name, constant in layout['constants'].items():
        out.append(f'pub const {name}: {type_name(parse(constant["type"]))} = {number(constant["value"])};\n')
    out.append('\n// ---- types with named values\n')
    for name, underlying in layout['typedefs'].items():
        out.append(f'\npub type {name} = {PLAIN[underlying]};\n')
        for value_name, value in layout['enums'].get(name, {}).items():
            out.append(f'pub const {value_name}: {name} = {value};\n')
    out.append('\n// ---- objects\n')
    for name in layout['opaque']:
        out.append(f'\n#[repr(C)]\npub struct {name} {{\n    _private: [u8; 0],\n}}\n')
    out.append('\n// ---- callbacks\n\n')
    for name, callback in layout['callbacks'].items():
        line = f'pub type {name} = Option<unsafe extern "C" fn({", ".join(parameters(callback))}){result(callback)}>;\n'
        if len(line) > 111:
            line = line.replace('Option<unsafe', '\n    Option<unsafe').replace(' = \n', ' =\n')
        out.append(line)
    out.append('\n// ---- structs\n')
    for name, struct in layout['structs'].items():
        out.append(f'\n/// See fovea/{struct["header"]}.\n#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {name} {{\n')
        for field, about in struct['fields'].items():
            out.append(f'    pub {identifier(field)}: {type_name(parse(about["type"]))},\n')
        out.append('}\n')
        # All zero is a legal value of every struct of the API: numbers, nullable pointers, optional functions.
        sized = 'struct_size' in struct['fields']
        out.append(f'\nimpl Default for {name} {{\n')
        out.append(f'    /// Every field zero{", struct_size filled in" if sized else ""}.\n')
        out.append('    fn default() -> Self {\n')
        if sized:
            out.append('        let mut zero: Self = unsafe { std::mem::zeroed() };\n'
                       '        zero.struct_size = std::mem::size_of::<Self>() as u32;\n'
                       '        zero\n')
        else:
            out.append('        unsafe { std::mem::zeroed() }\n')
        out.append('    }\n}\n')
    out.append('\n// ---- functions\n\nextern "C" {\n')
    header = None
    for name, function in layout['functions'].items():
        if function['header'] != header:
            out.append('\n' if header else '')
            header = function['header']
            out.append(f'    // fovea/{header}\n')
        out.append(call(f'    pub fn {name}', parameters(function), result(function) + ';'))
    out.append('}\n')
    return ''.join(out)


LAYOUT_TEST_HEAD = '''
//! Every entry of layout.json, asserted against the declarations and the library.

use fovea_sys::*;
use std::collections::BTreeSet;
use std::mem::{size_of, MaybeUninit};
use std::ptr::addr_of;

/// Offset and size of a field, read from a value that never exists.
macro_rules! field {
    ($struct:ty, $field:ident) => {{
        let value = MaybeUninit::<$struct>::uninit();
        let base = value.as_ptr();
        let field = unsafe { addr_of!((*base).$field) };
        (field as usize - base as usize, size_of_pointee(field))
    }};
}

fn size_of_pointee<T>(_: *const T) -> usize {
    size_of::<T>()
}
'''


def layout_test(layout):
    out = [WRITTEN, LAYOUT_TEST_HEAD, '\n#[test]\nfn structs() {\n']
    for name, struct in layout['structs'].items():
        out.append(f'    assert_eq!(size_of::<{name}>(), {struct["size"]}, "{name}");\n')
        for field, about in struct['fields'].items():
            out.append(call('    assert_eq!', [f'field!({name}, {identifier(field)})',
                                               f'({about["offset"]}, {about["size"]})', f'"{name}.{field}"'], ';'))
    out.append('}\n\n#[test]\nfn values() {\n')
    for name, values in layout['enums'].items():
        out.append(f'    assert_eq!(size_of::<{name}>(), size_of::<{PLAIN[layout["typedefs"][name]]}>());\n')
        for value_name, value in values.items():
            out.append(f'    assert_eq!({value_name}, {value});\n')
    for name, constant in layout['constants'].items():
        out.append(f'    assert_eq!({name}, {number(constant["value"])});\n')
    out.append('}\n\n/// The library that is linked has every function.\n#[test]\nfn functions() {\n'
               '    let addresses: BTreeSet<*const ()> = [\n')
    for name in layout['functions']:
        out.append(f'        {name} as *const (),\n')
    out.append(f'    ]\n    .into();\n    assert_eq!(addresses.len(), {len(layout["functions"])});\n}}\n')
    return ''.join(out)
