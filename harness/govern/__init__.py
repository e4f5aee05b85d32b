"""What is known of an environment, and what follows from it."""
