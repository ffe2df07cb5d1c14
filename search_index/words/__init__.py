"""What is said of packages, as an index of words: the only room that knows Whoosh."""
