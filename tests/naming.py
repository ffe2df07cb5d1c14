"""Names of parametrised tests: the same in every process that collects them.

Bytes made when a module is imported may hold the hour (a gzip's header, a zip's entries), and two
workers that import it in two seconds would then disagree about what the tests are called.
"""

MOST_BYTES = 16  # shorter than any container's header


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Call long bytes by their argument's name; pytest numbers those that are called the same."""
    return argname if isinstance(val, bytes) and len(val) > MOST_BYTES else None
