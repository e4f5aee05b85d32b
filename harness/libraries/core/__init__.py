"""What ELF files and modules ask for, and where a loader would find it."""
