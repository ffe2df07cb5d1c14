"""Speed and memory of the archive, measured against its peers in the same run."""
