"""Quick-looks: what the worker draws of stored products before anybody asks."""
