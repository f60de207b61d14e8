"""torchvision's and PIL's side of images.py: ResNet's training transform on JPEG files, in this process and one thread,
timed, printed as one line of JSON.

  torch_images.py FOLDER --seconds S
"""
import argparse
import json
import pathlib
import random
import time

import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--seconds", type=float, default=2)
args = parser.parse_args()
torch.set_num_threads(1)
after = transforms.Compose([
    transforms.RandomCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])


def load(path):
    with Image.open(path) as image:
        return after(functional.resize(image.convert("RGB"), random.randint(256, 480)))


files = sorted(p for p in args.folder.glob("*/*") if p.suffix.lower() in (".jpg", ".jpeg"))
for path in files[:20]:
    load(path)
count, begin, cpu = 0, time.perf_counter(), time.process_time()
while time.perf_counter() - begin < args.seconds:
    load(files[count % len(files)])
    count += 1
print(json.dumps({"items_per_second": count / (time.process_time() - cpu)}))
