"""A C type as layout.json writes it ('const fv_tensor *', 'int64_t [8]'), taken apart."""
import re
from dataclasses import dataclass, field


@dataclass
class CType:
    base: str                                      # 'fv_tensor'
    pointers: list = field(default_factory=list)   # from the inside out; True: what it points to is const
    length: int = 0                                # of an array, else 0


def parse(text):
    """Arrays are those of fields; use `as_parameter` for those of parameters."""
    array = re.fullmatch(r'(.*?) ?\[(\d+)\]', text)
    if array:
        inner = parse(array.group(1))
        inner.length = int(array.group(2))
        return inner
    words = re.findall(r'\w+|\*', text)
    base = [w for w in words if w not in ('const', '*')]
    if len(base) != 1:
        raise ValueError(f'a type that this program does not know: {text}')
    # A const belongs to what stands in front of the next star.
    pointers, const = [], False
    for word in words:
        if word == 'const':
            const = True
        elif word == '*':
            pointers.append(const)
            const = False
    return CType(base[0], pointers)


def as_parameter(text):
    """An array parameter is a pointer to its first element."""
    ctype = parse(text)
    if ctype.length:
        return CType(ctype.base, ctype.pointers + [False])
    return ctype
