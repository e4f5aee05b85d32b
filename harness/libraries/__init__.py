"""Shared libraries that wheels need and that an environment would not have."""
