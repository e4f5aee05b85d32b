"""What an image is to hold, from `[image]` of env.toml."""
