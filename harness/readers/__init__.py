"""Files of others explained by a process of its own, within limits of memory and time."""
