"""What this machine lacks for harness, and what killed runs left on it."""
