"""Finding: words, tree and catalogue, all of it rebuilt from the stored packages alone."""
