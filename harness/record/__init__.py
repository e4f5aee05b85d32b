"""Requests to a service and its answers: recorded by a proxy or imported, without secrets."""
