"""TOML, JSON and YAML that others wrote, read strictly and within bounds."""
