"""Documents: text, JSON, TOML, notebooks, markup, PDF, PNG, dist-info and the index of git."""
