"""What every command needs and takes seconds to load; imported once, by the process that commands begin as copies of."""

import app.cli
import app.main
import app.worker
from app.bootstrap import open_sorter

__all__ = ["app"]

open_sorter()
