"""Debian's formats and rules, as far as choosing a base needs them."""
