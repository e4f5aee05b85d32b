"""What is known of an environment, as one value."""
