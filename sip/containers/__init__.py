"""Our own extractors for tar, gzipped tar and zip: what a stranger packed cannot leave its box."""
