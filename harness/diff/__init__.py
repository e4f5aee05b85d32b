"""What differs between two environments, builds, trees or images."""
