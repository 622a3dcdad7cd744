"""The surface for machines: JSON under /api/v1, health, numbers, and its own description."""
