"""The resolvers that the settings name, in the order in which they are asked."""

from __future__ import annotations

from oais.archive import Home
from oais.functions.resolving.listed import NamesFile
from oais.functions.resolving.resolver import NameResolver
from oais.functions.resolving.service import NameService


def configured_resolvers(home: Home) -> tuple[NameResolver, ...]:
    """Return what is asked after the index: the file of names, then the service; nobody where none is named.

    Raises ConfigurationError for a service without an address.
    """
    settings = home.settings
    found: list[NameResolver] = []
    if settings.names_file:
        found.append(NamesFile(home.home / settings.names_file))
    if settings.name_service:
        found.append(NameService(settings.name_service))
    return tuple(found)
