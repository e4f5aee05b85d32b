"""What is said between harness and the process that reads for it."""
