"""Shadow inference as values: what is asked for, what three arms answered, what follows from it."""
