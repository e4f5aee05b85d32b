"""What differs between two builds, level by level: lock, derivation, closure, tree, file."""
