"""Nix: its verbs, its builds and log, derivations, store paths and trees."""
