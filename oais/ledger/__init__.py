"""The ledger on disk: a log to which entries are only ever added, and which shows whether that is so."""
