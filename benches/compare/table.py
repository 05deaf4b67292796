#!/usr/bin/env python3
"""Prints a table of what was measured: table.py FIGURES FOUND.

A line of FIGURES has a tool, its seconds of wall clock and CPU and its peak kilobytes, one a round; a line of FOUND has
a tool and what it found. The tool of the first line is held against the others, round by round.
"""

import sys
from statistics import median

figures = {}
for line in open(sys.argv[1]):
    tool, *numbers = line.split()
    figures.setdefault(tool, []).append([float(number) for number in numbers])
found = dict(line.rstrip("\n").split(" ", 1) for line in open(sys.argv[2]))

ours, *_ = figures


def ratio(tool, column):
    """How many times of what the other took ours did: median, least and most over the rounds."""
    if tool == ours:
        return "1"
    if min(its[column] for its in figures[tool]) < 0.01:
        return "too short to tell"
    rounds = [mine[column] / its[column] for mine, its in zip(figures[ours], figures[tool])]
    return f"{median(rounds):.2f} ({min(rounds):.2f} to {max(rounds):.2f})"


print(f"| tool | wall | CPU | peak | {ours} / tool, wall | {ours} / tool, CPU | result |")
print("|---|---|---|---|---|---|---|")
for tool, rounds in figures.items():
    wall, cpu, peak = (median(column) for column in zip(*rounds))
    memory = f"{peak / 1024:.0f} MiB"
    print(f"| {tool} | {wall:.2f} s | {cpu:.2f} s | {memory} | {ratio(tool, 0)} | {ratio(tool, 1)} | {found[tool]} |")
