"""env.toml in, every input by hash out."""
