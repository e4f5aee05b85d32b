"""What other programs recorded, as exchanges; one module a format."""
