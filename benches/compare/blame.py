#!/usr/bin/env python3
"""How often the event that a diagnosis blames is the true one, on logs whose truth is known.

    blame.py BINARY LAB...

A LAB is a directory with `logs/`, `truth.jsonl` (see bands.py; `cause_event` names an event) and `events.jsonl`: one event a
line, with `event_id`, `time`, `event` and `app`. A blamed event is the true one if it lies within seconds of it. That of a
cause that lasts, such as an outage, has no single line and is left out, and so is what a client's owner did.

A line for each kind of true event: how many refusals were found, how many of them blame the event itself, another one (the
wrong one, as far as a time tells), or none. The last line counts refusals that have no event and blame one.
"""
import collections
import pathlib
import sys

from bands import failures, pairs, rows, seconds, truth_of

BEFORE, AFTER = 2, 12  # seconds around the true time in which its lines are written
LEFT_OUT = ("user_store_error", "probe_campaign")


def judged(true, blamed):
    """What a blamed event is, held against the true one."""
    if blamed is None or seconds(blamed) is None:
        return "none"
    return "right" if -BEFORE <= seconds(blamed) - seconds(true) <= AFTER else "other"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    for lab in [pathlib.Path(lab) for lab in sys.argv[2:]]:
        events = {event["event_id"]: event for event in rows(lab / "events.jsonl")}
        tally = collections.defaultdict(collections.Counter)
        without = blames = 0
        for row, failure in pairs(truth_of(lab), failures(sys.argv[1], lab)):
            true = events.get(row.get("cause_event"))
            if true is None:
                without += 1
                blames += failure["cause"] is not None
            elif true["event"] not in LEFT_OUT:
                tally[true["event"]][judged(true, failure["cause"])] += 1
        print(f"{lab.name:20} {'right':>7} {'other':>7} {'none':>7}")
        for kind, counts in sorted(tally.items()):
            print(f"  {kind:18} " + " ".join(f"{counts[what]:7}" for what in ("right", "other", "none")))
        print(f"  of {without} refusals without an event {blames} blame one")


if __name__ == "__main__":
    main()
