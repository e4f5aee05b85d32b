"""What the files of other tools ask for and pin: text in, requirements, pins and losses out."""
