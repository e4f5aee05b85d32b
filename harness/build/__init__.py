"""Derivations realised: environment, shell, checks and toolchain."""
