"""Image archives as engines read them, and what a container used."""
