"""The bill of materials of an environment."""
