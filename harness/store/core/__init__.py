"""Derivations, store paths, archives and logs of Nix, as values."""
