"""How a command line is read: groups of commands, options as one value, names that complete."""
