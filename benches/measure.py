"""What the benches share: calls in a plain environment, works that take turns, and the table of figures."""

import os
import re
import statistics
import subprocess
import sys
import time

ENV = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC", "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "gx", "GIT_AUTHOR_EMAIL": "gx@lab.example",
    "GIT_COMMITTER_NAME": "gx", "GIT_COMMITTER_EMAIL": "gx@lab.example",
}
rows, skipped = [], []


def call(command, folder, codes=(0,), **more):
    done = subprocess.run(command, cwd=folder, env={**ENV, **more.pop("env", {})}, capture_output=True, **more)
    if codes is not None and done.returncode not in codes:
        sys.exit(f"{command} ended with {done.returncode}:\n{done.stderr.decode()}{done.stdout.decode()}")
    return done.stdout


def git(folder, *words, **more):
    return call(["git", *words], folder, **more).decode().strip()


def timed(work):
    # Whoever syncs pays for what others have left in memory: everybody begins with a quiet disk.
    os.sync()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternate(times, before=None, **works):
    """The median seconds of each piece of work; they take turns. `before` has what goes before some of them, untimed."""
    seconds = {name: [] for name in works}
    ready = before or {}
    for number in range(times + 1):
        for name, work in works.items():
            ready.get(name, lambda: None)()
            took = timed(work)
            # The first round warms up.
            if number:
                seconds[name].append(took)
    return {name: statistics.median(all) for name, all in seconds.items()}


def peak_memory(command, folder):
    """MiB of the process at its largest, by wait4, and how it ended."""
    with open(os.devnull, "w", encoding="utf8") as nowhere:
        child = subprocess.Popen(command, cwd=folder, env=ENV, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    size = usage.ru_maxrss / 1024 if sys.platform == "linux" else usage.ru_maxrss / 1048576
    return size, child.returncode


def row(what, measured, against, target, unit="ms", is_least=False):
    """A line of the table: two figures, and their ratio against a target (`is_least`: at least that)."""
    ratio = measured / against
    is_met = target is None or (ratio >= target if is_least else ratio <= target)
    verdict = "" if target is None else "ok" if is_met else "NOT"
    target = "" if target is None else f"{'>=' if is_least else '<='} {target}"
    scale = 1000 if unit == "ms" else 1
    rows.append((what, f"{measured * scale:.1f} {unit}", f"{against * scale:.1f} {unit}", f"{ratio:.4g}" if
                 ratio < 0.1 else f"{ratio:.2f}", target, verdict))
    print(f"  {what}: {measured * scale:.1f} {unit}, {ratio:.3g} {target and f'(target {target}) '}{verdict}",
          file=sys.stderr, flush=True)


def skip(what, why):
    """Says that something was not measured."""
    skipped.append(f"{what}: {why}")
    print(f"  SKIPPED {what}: {why}", file=sys.stderr, flush=True)


def table():
    """Prints machine, lines and what was left out; whether all targets were met."""
    version = re.sub(r"^git version ", "", git(".", "--version"))
    load = os.getloadavg()[0]
    print(f"\n{os.cpu_count()} cores, load {load:.1f}, git {version}, {time.strftime('%Y-%m')}\n")
    heads = ("what; against what", "gx", "against", "ratio", "target", "")
    lines = [heads, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for number, line in enumerate(lines):
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        print("| " + " | ".join(cells) + " |")
        if number == 0:
            print("|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|")
    for what in skipped:
        print(f"\nskipped: {what}")
    return all(line[-1] != "NOT" for line in rows)
