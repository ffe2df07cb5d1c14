"""Proofs: sweeps over all of something, run by ``python3 run.py proofs``."""
