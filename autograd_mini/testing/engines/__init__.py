"""Checks of other people's engines: random programs, the smallest that fails, and why."""
