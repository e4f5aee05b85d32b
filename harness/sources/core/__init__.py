"""What indexes, uv and archives say, as values."""
