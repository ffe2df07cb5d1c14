"""What the proofs of access are made of: the world, the table of what is expected, and those who ask."""
