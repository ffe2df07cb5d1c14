"""What the proofs of storage are made of: steps that fail, a disk without power, and what must hold after."""
