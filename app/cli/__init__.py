"""The command line: one command for each use case; nothing is decided here."""

from app.cli.application import main

__all__ = ["main"]
