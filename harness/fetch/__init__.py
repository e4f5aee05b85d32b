"""Inputs into the store: downloaded, checked and held."""
