"""What an environment is made of, as CycloneDX has it."""
