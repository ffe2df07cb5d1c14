"""What a consumer is shown: frozen values that a template, a terminal or a JSON encoder can take as they are.

Times are ISO 8601 UTC texts, sizes are bytes, angles ICRS degrees; a value that is not known is None or
empty, never 0.
"""

from oais.functions.access.views.browsing import (
    InventoryView,
    Lineage,
    MissionOnSky,
    ProvenanceView,
    SkyCell,
    SkyPoint,
    SkyPosition,
    SkyView,
    Step,
)
from oais.functions.access.views.datasets import (
    ContentRow,
    DataSetView,
    DocumentCard,
    Gap,
    Lane,
    SoftwareNamed,
)
from oais.functions.access.views.files import FileView, OpenedFile, ProductCard
from oais.functions.access.views.frame import AccessNote, Crumb, Page, ReleaseNote, VisitNote
from oais.functions.access.views.packages import (
    AipView,
    AuditView,
    Citation,
    EventView,
    LinkView,
    PreservationView,
    SoftwareView,
    VersionView,
)
from oais.functions.access.views.places import (
    AipCard,
    Branch,
    Group,
    HoldingsView,
    NodeView,
    ReferenceCard,
    Share,
)
from oais.functions.access.views.plain import as_plain
from oais.functions.access.views.products import HeaderCard, ProductView, TableView, UnitView, VisitReport
from oais.functions.access.views.search import Facet, FacetValue, FindView, VisitRow
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
    "ContentRow",
    "Crumb",
    "DataSetView",
    "DocumentCard",
    "EventView",
    "Facet",
    "FacetValue",
    "FileView",
    "FindView",
    "Gap",
    "Group",
    "HeaderCard",
    "HoldingsView",
    "InventoryView",
    "Lane",
    "Lineage",
    "LinkView",
    "MissionOnSky",
    "MissionYear",
    "NodeView",
    "OpenedFile",
    "Page",
    "PreservationView",
    "ProductCard",
    "ProductView",
    "ProvenanceView",
    "ReferenceCard",
    "ReleaseNote",
    "Share",
    "SkyCell",
    "SkyPoint",
    "SkyPosition",
    "SkyView",
    "SoftwareNamed",
    "SoftwareView",
    "Step",
    "TableView",
    "TombstoneView",
    "UnitView",
    "VersionView",
    "VisitNote",
    "VisitReport",
    "VisitRow",
    "VolumeView",
    "Year",
    "as_plain",
]
