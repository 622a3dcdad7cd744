"""`python -m tests.chaos`: see `python3 dev.py chaos --help`. It stays small: every process that is started imports it."""

import sys

if __name__ == "__main__":
    from tests.chaos.command import main

    sys.exit(main(sys.argv[1:]))
