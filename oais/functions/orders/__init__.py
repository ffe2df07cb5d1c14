"""Orders: baskets, packages made at once or by the worker, their expiry, and the count of what was taken."""
