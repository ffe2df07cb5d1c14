"""What the ledger says and how it is proven: statements, trees, signed notes; nothing here has a disk."""
