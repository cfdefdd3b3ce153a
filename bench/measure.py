# How a row is timed in Python, and the lines in which it is told: the rule and the lines are those of measure.h.

import time as clock


def emit(*fields):
    print("\t".join(str(field) for field in fields), flush=True)


def time(act, calls):
    start = clock.perf_counter()
    for _ in range(calls):
        act()
    return (clock.perf_counter() - start) / calls


def warm(act, seconds):
    """Calls act for so many seconds, at least once; the least time of a call."""
    start, least = clock.perf_counter(), float("inf")
    while least == float("inf") or clock.perf_counter() - start < seconds:
        least = min(least, time(act, 1))
    return least


def times(act, runs, warm_seconds, batch_seconds, row_seconds):
    """The times of a call in at most `runs` batches as text, and the least time of the warm-up."""
    once = warm(act, warm_seconds)
    values = [once]
    if once < row_seconds:
        calls = int(batch_seconds / max(once, 1e-9)) + 1
        values = [time(act, calls) for _ in range(max(1, min(runs, int(row_seconds / once))))]
    return " ".join(f"{seconds:.9g}" for seconds in values), once
