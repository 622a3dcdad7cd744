"""Attackers against the whole application, one file for each threat: T02 to T09, T16, T18 to T20, T23, and F60."""
