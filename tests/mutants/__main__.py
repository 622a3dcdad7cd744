"""`python3 dev.py mutants [NAME …]`: put a known fault into a copy of Kẻng, and name the test that catches it."""

import sys

from tests.mutants.mutants import MUTANTS, Mutant, caught_by


def main(names: list[str]) -> int:
    """Try the mutants of these names, or all; 1 when one of them was not caught, 2 when there is none of a name."""
    unknown = sorted(set(names) - set(MUTANTS))
    if unknown:
        _say(f"no such mutant: {', '.join(unknown)}; there are {', '.join(MUTANTS)}")
        return 2
    escaped = [name for name in names or MUTANTS if not _try(MUTANTS[name])]
    _say(f"{len(escaped)} escaped: {', '.join(escaped)}" if escaped else "every mutant was caught")
    return 1 if escaped else 0


def _try(mutant: Mutant) -> bool:
    _say(f"{mutant.name}: {mutant.words}")
    failed = caught_by(mutant)
    _say("".join(f"    caught by {test}\n" for test in failed) or "    ESCAPED\n")
    return bool(failed)


def _say(text: str) -> None:
    sys.stdout.write(text.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
