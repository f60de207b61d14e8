"""PyTorch's side: one measurement in this process, printed as one line of JSON. Run by compare.py.

  torch_peer.py measure train|infer NETWORK --batch B --threads T --seconds S [--channels-last]
  torch_peer.py export NETWORK FILE.onnx
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F

import torch_networks


def openblas_in_use():
    """Which libblas the process has loaded: it decides the speed of the dense layers."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    return sorted(paths)


def train_step(network, images, labels):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
    network.train()

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return step


def infer_step(network, images):
    network.eval()

    def step():
        with torch.no_grad():
            network(images)

    return step


def repeat_for(seconds, step):
    """Calls step for at least `seconds`; (calls, seconds per call)."""
    calls, start = 0, time.perf_counter()
    while True:
        step()
        calls += 1
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return calls, elapsed / calls


def measure(args):
    torch.set_num_threads(args.threads)
    network, data = torch_networks.build(args.network)
    images, labels = data(args.batch)
    if args.channels_last:
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    step = train_step(network, images, labels) if args.mode == "train" else infer_step(network, images)
    step()
    repeat_for(0.2 * args.seconds, step)  # caches, the clock of the processor, oneDNN's own choices
    calls, seconds = repeat_for(args.seconds, step)
    print(json.dumps({"items_per_second": args.batch / seconds, "calls": calls,
                      "version": torch.__version__, "blas": openblas_in_use()}))


def export(args):
    network, data = torch_networks.build(args.network)
    torch.onnx.export(network.eval(), data(2)[0], args.file, opset_version=13,
                      input_names=["images"], output_names=["logits"],
                      dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}})


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("measure")
    command.set_defaults(run=measure)
    command.add_argument("mode", choices=("train", "infer"))
    command.add_argument("network", choices=torch_networks.NETWORKS)
    command.add_argument("--batch", type=int, required=True)
    command.add_argument("--threads", type=int, required=True)
    command.add_argument("--seconds", type=float, required=True)
    command.add_argument("--channels-last", action="store_true")
    command = commands.add_parser("export")
    command.set_defaults(run=export)
    command.add_argument("network", choices=torch_networks.NETWORKS)
    command.add_argument("file")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
