"""Exchanges: HTTP on the wire, recordings as files, and what is left out of them."""
