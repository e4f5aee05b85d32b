"""The lock as a value: what is chosen, what stays, and how it is written."""
