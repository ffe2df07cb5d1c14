"""How the project is set up, tested and measured: the work behind ``run.py``, stdlib only."""
