"""The ledger as the archive uses it: what goes in, how it is proven, verified and published."""
