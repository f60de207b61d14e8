#!/usr/bin/env python3
"""Runs the quickstart program as a person would: trains on drawn digits, classifies in a second process, and makes
mistakes. Then the other samples that need no more than a moment, on what is made up here.

  samples.py ROOT QUICKSTART DEGRADATION CUSTOM CHECKS TRANSFER CIFAR PHOTOS"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(sys.argv[1])
quickstart, degradation, custom, checks, transfer, cifar, photos = (Path(p).resolve() for p in sys.argv[2:])


def run(*arguments, program=quickstart):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)


def check(condition, what):
    if not condition:
        sys.exit(what)


def refused(*arguments, words, program=quickstart):
    result = run(*arguments, program=program)
    said = result.stderr.strip()
    check(result.returncode == 1 and '\n' not in said and all(w in said for w in words),
          f'{arguments}: code {result.returncode}, stderr {said!r}; expected one line with {words}')


with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    check(len((root / 'samples' / 'quickstart.c').read_text().splitlines()) <= 150, 'quickstart.c is over 150 lines')

    trained = run('train', '--out', folder)
    print(trained.stdout + trained.stderr)
    check(trained.returncode == 0, 'training failed')
    check(len(re.findall(r'^epoch \d/6 .* images/s', trained.stdout, re.M)) == 6, 'there are not six lines of epochs')
    check('\r' not in trained.stdout, 'a carriage return where nobody watches')
    accuracy = float(re.search(r'test accuracy ([\d.]+) %', trained.stdout).group(1))
    check(accuracy > 97, f'the accuracy is {accuracy} %')
    check(len(re.findall(r'^ +\d +[\d.]+ % +[\d.]+ % +[\d.]+$', trained.stdout, re.M)) == 10, 'the table of classes')
    for picture in ['filters.png', 'loss.png']:
        check((folder / picture).read_bytes().startswith(b'\x89PNG'), picture)

    classified = run('classify', '--out', folder)
    print(classified.stdout + classified.stderr)
    check(classified.returncode == 0, 'classifying failed')
    answers = re.findall(r'(\d) with +([\d.]+) %, is (\d)', classified.stdout)
    check(len(answers) == 6 and sum(said == true for said, _, true in answers) >= 5, f'answers: {answers}')

    refused(words=['usage'])
    refused('learn', words=['usage'])
    refused('train', '--fast', '1', words=['usage'])
    refused('train', '--data', folder / 'nothing', '--out', folder, words=['nothing', 'No such file'])
    refused('classify', '--out', folder / 'nothing', words=['nothing', 'No such file'])
    (folder / 'quickstart.fovea').write_bytes((folder / 'quickstart.fovea').read_bytes()[:1000])
    refused('classify', '--out', folder, words=['quickstart.fovea'])

    # Records of CIFAR-10: a label and 3072 pixels.
    batch, picture = folder / 'batch.bin', folder / 'degradation.png'
    batch.write_bytes(b''.join(bytes([i % 10]) + bytes((i * 31 + j * 7) % 256 for j in range(3072)) for i in range(40)))
    files = ['--train', batch, '--test', batch, '--out', picture]
    compared = run(*files, '--images', 32, '--epochs', 2, program=degradation)
    print(compared.stdout + compared.stderr)
    check(compared.returncode == 0 and '\r' not in compared.stdout, 'degradation failed')
    check(len(re.findall(r'^(plain|ResNet)-(20|56) +epoch \d/2 .* images/s', compared.stdout, re.M)) == 8, 'epochs')
    check(len(re.findall(r'^ +\d( +[\d.]+ +[\d.]+ %){4}$', compared.stdout, re.M)) == 2, 'the table of epochs')
    check(picture.read_bytes().startswith(b'\x89PNG'), 'degradation.png')
    refused(words=['usage'], program=degradation)
    refused('--train', folder / 'nothing', '--test', batch, words=['nothing'], program=degradation)
    (folder / 'empty').write_bytes(b'')
    refused('--train', folder / 'empty', '--test', batch, words=['degradation'], program=degradation)

    trained = run('--data', batch, batch, '--epochs', 1, '--out', folder, program=cifar)
    print(trained.stdout + trained.stderr)
    check(trained.returncode == 0 and re.search(r'^epoch +1/1 .* images/s', trained.stdout, re.M), 'cifar failed')
    check((folder / 'augmented.png').read_bytes().startswith(b'\x89PNG'), 'augmented.png')
    refused(words=['usage'], program=cifar)
    refused('--data', folder / 'nothing', words=['nothing', 'No such file'], program=cifar)
    for part in ['train', 'val']:
        for kind, color in [('blue', b'\x10\x20\xf0'), ('red', b'\xe0\x30\x10')]:
            (folder / part / kind).mkdir(parents=True)
            for i in range(6):
                side = 100 + 10 * i
                (folder / part / kind / f'{i}.ppm').write_bytes(b'P6 %d 120 255\n' % side + color * (side * 120))
    (folder / 'train' / 'red' / 'broken.jpg').write_bytes(b'\xff\xd8\xff\xe0 no photograph')
    photo = folder / 'val' / 'red' / '0.ppm'
    told = run('--data', folder, '--model', folder / 'cifar.fovea', '--epochs', 20, photo, program=photos)
    print(told.stdout + told.stderr)
    check(told.returncode == 0 and 'left out:' in told.stdout and 'broken.jpg' in told.stdout, 'photos failed')
    check(f'{photo}: red' in told.stdout and 'validation accuracy 100.0 %' in told.stdout, 'red and blue are not told apart')
    refused(words=['usage'], program=photos)
    refused('--data', folder, '--model', photo, words=['0.ppm'], program=photos)

    made = subprocess.run([custom, folder / 'custom.fovea'], capture_output=True, text=True)
    print(made.stdout + made.stderr)
    check(made.returncode == 0, 'the custom layer failed')
    error = float(re.search(r'relative error (\S+)', made.stdout).group(1))
    check(0 < error < 1e-7, f'the gradient check of the custom layer and loss gives {error}')
    trained, loaded = (float(re.search(what + r': ([\d.]+) %', made.stdout).group(1)) for what in ['trained', 'loaded'])
    check(trained > 85 and loaded == trained, f'accuracy {trained} %, loaded {loaded} %')
    check("'sample.bump'" in made.stdout and 'not registered' in made.stdout, 'the file loaded without the type')

    for fault, finding in [('none', None), ('rate', 'rate too high'), ('leak', 'leaked split')]:
        said = run(fault, program=checks)
        print(said.stdout + said.stderr)
        check(said.returncode == (1 if finding else 0), f'checks {fault}')
        check(not finding or re.search(rf'^ERROR +.*{finding}', said.stdout, re.M), f'checks {fault} does not say {finding}')

    # What was learned on clean digits helps with noisy ones, and a finetuned body more than a new head alone.
    told = run(program=transfer)
    print(told.stdout + told.stderr)
    check(told.returncode == 0, 'transfer failed')
    scratch, linear, finetuned = (float(re.search(what + r' +([\d.]+) %', told.stdout).group(1))
                                  for what in ['from scratch on the few', 'classifier on top', 'from the top down'])
    check(scratch < linear < finetuned, 'transfer did not pay')
    check(len(re.findall(r'^linear probe at stage\d', told.stdout, re.M)) == 3, 'there are not three probes')
    refused('--images', 1, words=['usage'], program=transfer)
    refused('--data', folder / 'nothing', words=['nothing', 'No such file'], program=transfer)
