"""Tests of the index: words, sky, time, tree, rebuilding, and what strangers type."""
