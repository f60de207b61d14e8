"""What makes a file of golden vectors: drawing inputs, recording a case, reading and writing safetensors."""
import json
import random
import struct

import torch

FILES = {}  # name -> (metadata, {key: tensor})


# ---- safetensors --------------------------------------------------------------------------------------

DTYPES = {torch.float64: "F64", torch.int64: "I64", torch.float32: "F32"}


def write_safetensors(path, metadata, tensors):
    """Eight bytes of header length, the header as JSON, the data; wide elements first, so that all lie
    aligned."""
    header, offset = {"__metadata__": metadata}, 0
    ordered = sorted(tensors.items(), key=lambda item: -item[1].element_size())
    for key, tensor in ordered:
        size = tensor.numel() * tensor.element_size()
        header[key] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                       "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, tensor in ordered:
            file.write(tensor.contiguous().numpy().tobytes())


def read_safetensors(path):
    blob = path.read_bytes()
    start = 8 + struct.unpack_from("<Q", blob)[0]
    header = json.loads(blob[8:start])
    metadata = header.pop("__metadata__")
    dtypes = {name: dtype for dtype, name in DTYPES.items()}
    tensors = {}
    for key, entry in header.items():
        begin, end = (start + o for o in entry["data_offsets"])
        data = torch.frombuffer(bytearray(blob[begin:end]), dtype=dtypes[entry["dtype"]])
        tensors[key] = data.reshape(entry["shape"])
    return metadata, tensors


# ---- drawing and recording ----------------------------------------------------------------------------

class OnKink(Exception):
    """A value so near to a kink that f32 might fall on the other side; the case is drawn again."""


class Draw:
    """Values of one case: reproducible, and new ones for another attempt."""

    def __init__(self, name, attempt):
        self.random = random.Random(f"{name}/{attempt}")

    def __call__(self, shape, low=-1.0, high=1.0):
        count = 1
        for extent in shape:
            count *= extent
        values = [round(self.random.uniform(low, high) * 65536) / 65536 for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)

    def integers(self, shape, below):
        return torch.tensor([self.random.randrange(below) for _ in range(shape[0])], dtype=torch.int64)


def relu(x):
    if x.abs().min() < 1e-4 * x.abs().max():
        raise OnKink
    return torch.relu(x)


def clear_of(function, *kinks):
    """The function, with its input kept away from where it bends at once."""
    def apply(x):
        if any((x - kink).abs().min() < 1e-4 * x.abs().max() for kink in kinks):
            raise OnKink
        return function(x)
    return apply


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ",".join(text(v) for v in value)
    return repr(value) if isinstance(value, float) else str(value)


def metadata_of(op, attributes, **more):
    return {"op": op, **more, **{f"attribute.{k}": text(v) for k, v in attributes.items()}}


def record(name, make):
    """FILES[name] = make(draw), drawn again while it stands on a kink. Floating inputs become f32."""
    for attempt in range(1000):
        try:
            FILES[name] = make(Draw(name, attempt))
            return
        except OnKink:
            continue
    raise SystemExit(f"{name}: always on a kink")


def exact_f32(tensor):
    if tensor.dtype != torch.float64:
        return tensor
    narrow = tensor.float()
    assert torch.equal(narrow.double(), tensor)
    return narrow


RANGES = {"gamma": (0.5, 1.5), "running_var": (0.5, 1.5)}  # of parameters and state; else -1 to 1


def layer(name, op, inputs, forward, attributes=None, parameters=None, state=None, training=True,
          low=-1.0, high=1.0):
    """One layer: forward(x, p, s) in our layouts (x a list, p and s by name; it moves s)."""

    def make(draw):
        xs = [draw(shape, low, high).requires_grad_() for shape in inputs]
        ps = {key: draw(shape, *RANGES.get(key, (-1.0, 1.0))).requires_grad_()
              for key, shape in (parameters or {}).items()}
        ss = {key: draw(shape, *RANGES.get(key, (-1.0, 1.0))) for key, shape in (state or {}).items()}
        tensors = {f"x{i}": exact_f32(x.detach()) for i, x in enumerate(xs)}
        tensors.update((key, exact_f32(p.detach())) for key, p in ps.items())
        tensors.update((key, exact_f32(s)) for key, s in ss.items())
        y = forward(xs, ps, ss)
        tensors["y"] = y.detach()
        if training:
            dy = draw(y.shape)
            tensors["dy"] = exact_f32(dy)
            gradients = torch.autograd.grad(y, xs + list(ps.values()), dy)
            tensors.update(zip([f"dx{i}" for i in range(len(xs))] + [f"d{key}" for key in ps], gradients))
            tensors.update((f"{key}_after", s) for key, s in ss.items())
        phase = "training" if training else "inference"
        return metadata_of(op, attributes or {}, phase=phase), tensors

    record(name, make)


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def oihw(kernel):
    return kernel.permute(3, 2, 0, 1)
