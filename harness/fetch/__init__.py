"""Inputs into the store: downloaded, checked and held."""

JOBS = 8
"""Downloads at once, unless somebody says how many."""
LOCK_NAME = "pylock.toml"
"""The lock in a wheelhouse."""
