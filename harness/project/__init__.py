"""A repository: its settings and environments, and what is kept below its `.harness`."""
