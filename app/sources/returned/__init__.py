"""Reading what comes back: bounces of every make, auto-replies, complaints. Nothing in it is trusted, nothing can raise."""

from app.sources.returned.bounds import LARGEST_MESSAGE
from app.sources.returned.reading import read_returned

__all__ = ["LARGEST_MESSAGE", "read_returned"]
