"""Factors, hints, causes, remedies and verdicts."""
