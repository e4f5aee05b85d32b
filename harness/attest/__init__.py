"""Signed statements: made, read, and counted against those who are trusted."""
