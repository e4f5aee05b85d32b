"""The conditions of a build that can be changed without changing its derivation."""
