"""Named points at which the fault kit can stop the program, to see what survives; they do nothing otherwise.

KENG_FAULTPOINTS names the points and two inherited file descriptors, as in `after_dot,before_commit:5:6`. A process that
reaches a named point writes the name and a line feed to the first and waits for one byte on the second. It stands quite
still meanwhile, event loop included, so that its parent can kill it exactly there. When the parent is gone it goes on.
"""

import os

VARIABLE = "KENG_FAULTPOINTS"


def faultpoint(name: str) -> None:
    """Wait here for the fault kit's word if it named this point."""
    armed = os.environ.get(VARIABLE)
    if not armed:
        return
    names, report, resume = armed.split(":")
    if name in names.split(","):
        os.write(int(report), f"{name}\n".encode())
        os.read(int(resume), 1)
