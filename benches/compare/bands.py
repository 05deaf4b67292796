#!/usr/bin/env python3
"""How often diagnoses are right, by band and by rule, on logs whose truth is known; and what confidence the rules deserve.

    bands.py BINARY LAB...

A LAB is a directory with `logs/` and `truth.jsonl`: one refused request a line, with `request_id`, `time`, `client`, `path`
and `root_cause`. Rows are matched by request id, else by client, time and path; a refusal that is not found is no matter of
bands and left out.

First the share of right diagnoses by band and lab. Then each rule with the confidence it claims and the share that is right
over all labs, those that promise most beyond what they hold first. Last, where several labs are given, the same bands with
confidences fitted on the other labs only: what a platform may expect on which nothing was fitted. A fitted confidence is the
share that was right, drawn to what the rule claims as if it had claimed so over PRIOR refusals.
"""
import collections
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

PRIOR = 20
WITHIN = 2.5  # seconds between a refusal's time and the truth's
EDGES = (("confirmed", 0.90), ("likely", 0.70), ("possible", 0.40))
PROMISED = {"confirmed": 0.97, "likely": 0.85, "possible": 0.50}


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def seconds(row):
    return datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp() if row.get("time") else None


def ident(row):
    return (row.get("request_id") or "").lower().replace("-", "")


def bare(path):
    return (path or "").split("?")[0].rstrip("/")


def fits(truth, told):
    """Whether two rows may be one refusal, by their paths: a gateway may cut or add the beginning."""
    ours, theirs = bare(truth.get("path")), bare(told.get("path"))
    return not ours or not theirs or ours.endswith(theirs) or theirs.endswith(ours)


def pairs(truth, told):
    """Each row of the truth with the diagnosis of the same refusal."""
    by_id = {}
    for row in told:
        if ident(row):
            by_id.setdefault(ident(row), row)
    taken, loose = set(), collections.defaultdict(list)
    for row in truth:
        found = by_id.get(ident(row)) if ident(row) else None
        if found is not None:
            taken.add(id(found))
            yield row, found
        elif seconds(row) is not None:
            loose[row.get("client")].append(row)
    near = []
    for number, row in enumerate(told):
        if id(row) in taken or seconds(row) is None:
            continue
        for other in loose.get(row.get("client_ip"), []):
            apart = abs(seconds(row) - seconds(other))
            if apart <= WITHIN and fits(other, row):
                near.append((apart, number, id(other), other, row))
    used = set()
    for _, _, key, other, row in sorted(near, key=lambda pair: pair[:3]):
        if key not in used and id(row) not in used:
            used |= {key, id(row)}
            yield other, row


def failures(binary, lab):
    """The failures that the program finds in the logs of a lab."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "failures.jsonl")
        run = subprocess.run([binary, "scan", str(lab / "logs"), "--failures", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if run.returncode not in (0, 3):
            sys.exit(f"{lab}: {run.stderr.decode(errors='replace')[-400:]}")
        return rows(out)


def truth_of(lab):
    """The refusals of a lab whose cause is known."""
    return [row for row in rows(lab / "truth.jsonl") if row.get("root_cause")]


def judged(binary, lab):
    """Of each refusal of a lab that was found: its rule, the confidence claimed, and whether the cause is right."""
    found = []
    for row, failure in pairs(truth_of(lab), failures(binary, lab)):
        rule = (failure["root_cause"], failure["rule"], failure.get("variant") or "-")
        found.append((rule, failure["confidence"], failure["root_cause"] == row["root_cause"]))
    return found


def band(confidence):
    return next((name for name, edge in EDGES if confidence >= edge), "unexplained")


def show_bands(title, found, confidence=lambda rule, claimed: claimed):
    tally = collections.defaultdict(lambda: [0, 0])
    for rule, claimed, right in found:
        counts = tally[band(confidence(rule, claimed))]
        counts[0] += right
        counts[1] += 1
    cells = []
    for name, _ in EDGES:
        right, of = tally[name]
        share = right / of if of else 1.0
        cells.append(f"{name} {share:.3f} of {of:5}{'' if share >= PROMISED[name] or not of else ' !'}")
    print(f"{title:28} " + "   ".join(cells))


def fitted(found):
    """The confidence that each rule deserves at each confidence it claims, by some labs."""
    tally = collections.defaultdict(lambda: [0, 0])
    for rule, claimed, right in found:
        counts = tally[(rule, claimed)]
        counts[0] += right
        counts[1] += 1
    fit = {key: (right + PRIOR * key[1]) / (of + PRIOR) for key, (right, of) in tally.items()}
    return lambda rule, claimed: fit.get((rule, claimed), claimed)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    binary, labs = sys.argv[1], [pathlib.Path(lab) for lab in sys.argv[2:]]
    by_lab = {lab: judged(binary, lab) for lab in labs}
    for lab, found in by_lab.items():
        show_bands(str(lab)[-28:], found)
    everything = [row for found in by_lab.values() for row in found]
    rules = collections.defaultdict(list)
    for rule, claimed, right in everything:
        rules[rule].append((claimed, right))
    print(f"\n{'rule':58} {'of':>6} {'claims':>7} {'right':>7}")
    sums = []
    for rule, told in rules.items():
        claims, right = sum(claimed for claimed, _ in told) / len(told), sum(right for _, right in told) / len(told)
        sums.append((rule, len(told), claims, right))
    for rule, of, claims, right in sorted(sums, key=lambda row: -(row[2] - row[3]) * row[1]):
        if rule[0] != "unexplained":
            print(f"{' '.join(rule):58} {of:6} {claims:7.2f} {right:7.2f}")
    if len(labs) > 1:
        print("\nfitted on the other labs:")
        for lab in labs:
            others = [row for other, found in by_lab.items() if other != lab for row in found]
            show_bands(str(lab)[-28:], by_lab[lab], fitted(others))


if __name__ == "__main__":
    main()
