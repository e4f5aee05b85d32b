"""TOML and JSON that others wrote, read strictly and within bounds."""
