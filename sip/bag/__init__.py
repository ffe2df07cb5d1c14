"""Our own reader and validator of BagIt bags, 0.93 to 1.0 (RFC 8493)."""
