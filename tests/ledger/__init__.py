"""The tamper-evident ledger: the tree, its notes, its files, and whoever tampers with them."""
