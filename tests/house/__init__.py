"""Tests of the house itself: its storeys, its laws, its papers, its way to a running machine."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
