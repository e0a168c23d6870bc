"""Runs scenarios and prints what became of each: "ok NAME", or "FAIL NAME: why" on one line."""

import traceback


def expect(what, got, want):
    """Raises unless two values are equal."""
    if got != want:
        raise AssertionError(f"{what} is {got!r}, want {want!r}")


def run(scenarios):
    """Calls each scenario in order; a failed one does not keep the later ones from running."""
    for name, scenario in scenarios:
        try:
            scenario()
            print("ok", name, flush=True)
        except Exception as error:  # whatever it is, it goes into the report
            where = traceback.extract_tb(error.__traceback__)[-1].lineno
            text = " ".join(f"{type(error).__name__}: {error} (line {where})".split())
            print(f"FAIL {name}: {text}", flush=True)
