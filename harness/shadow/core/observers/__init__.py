"""What is kept of a run: each observer takes its requests and tells what it found."""
