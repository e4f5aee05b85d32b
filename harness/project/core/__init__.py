"""env.toml and the settings as values that are valid from birth."""
