"""Measurements, each beside a bare loop of the same work in the same run; nothing here is asserted in a test."""
