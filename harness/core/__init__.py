"""Values in, values out: no file, clock, process, environment or network."""
