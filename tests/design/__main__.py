"""`python -m tests.design FOLDER`: see `python3 dev.py screenshots`."""

import asyncio
import sys
from pathlib import Path

from tests.design.screenshots import make_all

if __name__ == "__main__":
    asyncio.run(make_all(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")))
