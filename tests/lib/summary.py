#!/usr/bin/env python3
"""Counts the single test cases of one `meson test` run.

  summary.py BUILD RESULTS COUNTS

BUILD/meson-logs/testlog.json has one line for each test program, RESULTS one XML file for each GoogleTest program
among them, with its cases; other programs are one case each. Prints failures and skips with their reasons, and adds
"passed failed skipped" as a line to the file COUNTS. With FOVEA_REQUIRE_ALL=1 a skip is a failure."""
import json
import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def cases_of(program, results):
    """(name, result, reason) of each case of a test program; result: passed, failed or skipped."""
    name, ended = program['name'], program['result']
    output = (program.get('stdout') or '') + (program.get('stderr') or '')
    found = []
    report = next((results / f'{Path(part).name}.xml' for part in program['command']
                   if (results / f'{Path(part).name}.xml').exists()), None)
    if report:
        for case in ET.parse(report).iter('testcase'):
            failures, skip = case.findall('failure'), case.find('skipped')
            result = 'failed' if failures else 'skipped' if skip is not None else 'passed'
            reason = '\n'.join(f.get('message', '') for f in failures) or (skip.get('message', '') if skip is not None else '')
            if case.get('status') != 'notrun':
                found.append((f'{name}: {case.get("classname")}.{case.get("name")}', result, reason))
        # The program as a whole may fail where no case does: at its end, or under a sanitizer.
        if ended in ('OK', 'SKIP') or any(result == 'failed' for _, result, _ in found):
            return found
        return found + [(name, 'failed', f'{ended}\n{output}')]
    result = {'OK': 'passed', 'EXPECTEDFAIL': 'passed', 'SKIP': 'skipped'}.get(ended, 'failed')
    return [(name, result, output if result == 'skipped' else f'{ended}\n{output}')]


def main():
    build, results, counts = map(Path, sys.argv[1:])
    require_all = os.environ.get('FOVEA_REQUIRE_ALL') == '1'
    total = {'passed': 0, 'failed': 0, 'skipped': 0}
    for line in (build / 'meson-logs' / 'testlog.json').read_text().splitlines():
        for name, result, reason in cases_of(json.loads(line), results):
            lines = [l for l in reason.strip().splitlines() if l.strip()]
            if result == 'skipped':
                print(f'  SKIPPED {name}: {lines[-1].strip() if lines else "no reason given"}')
                result = 'failed' if require_all else result
            elif result == 'failed':
                print(f'  FAILED  {name}')
                print(''.join(f'          {l[:300]}\n' for l in lines[-60:]), end='')
            total[result] += 1
    with counts.open('a') as file:
        print(*total.values(), file=file)
    print('  ' + ', '.join(f'{n} {result}' for result, n in total.items()))


if __name__ == '__main__':
    main()
