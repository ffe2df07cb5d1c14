"""Tests of what arrives: bags, containers, receiving and checks."""
