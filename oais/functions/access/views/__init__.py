"""What a consumer is shown: frozen values that a template, a terminal or a JSON encoder can take as they are.

Times are ISO 8601 UTC texts, sizes are bytes, angles ICRS degrees; a value that is not known is None or
empty, never 0.
"""

from oais.functions.access.views.files import FileView, OpenedFile, ProductCard
from oais.functions.access.views.frame import AccessNote, Crumb, Page, ReleaseNote, VisitNote
from oais.functions.access.views.packages import (
    AipView,
    AuditView,
    Citation,
    EventView,
    LinkView,
    SoftwareView,
    VersionView,
)
from oais.functions.access.views.places import AipCard, Branch, HoldingsView, NodeView, Share
from oais.functions.access.views.plain import as_plain
from oais.functions.access.views.products import HeaderCard, ProductView, TableView, UnitView
from oais.functions.access.views.search import Facet, FacetValue, FindView
from oais.functions.access.views.tombstones import CommitmentView, TombstoneView
from oais.functions.access.views.volume import MissionYear, VolumeView, Year

__all__ = [
    "AccessNote",
    "AipCard",
    "AipView",
    "AuditView",
    "Branch",
    "Citation",
    "CommitmentView",
    "Crumb",
    "EventView",
    "Facet",
    "FacetValue",
    "FileView",
    "FindView",
    "HeaderCard",
    "HoldingsView",
    "LinkView",
    "MissionYear",
    "NodeView",
    "OpenedFile",
    "Page",
    "ProductCard",
    "ProductView",
    "ReleaseNote",
    "Share",
    "SoftwareView",
    "TableView",
    "TombstoneView",
    "UnitView",
    "VersionView",
    "VisitNote",
    "VolumeView",
    "Year",
    "as_plain",
]
