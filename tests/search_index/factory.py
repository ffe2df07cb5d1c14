"""Made-up records and nodes for the index: as many as a test wants, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from oais.information.description import (
    ObsCore,
    PackageDescription,
    ProductDescription,
    ProvenanceLink,
)
from oais.information.packages import AipRecord, VersionRecord
from oais.information.version_facts import version_facts

LEVELS = ("N0", "N1", "N2")
MISSIONS = ("alpha", "beta", "gamma")


@dataclass(frozen=True, slots=True)
class PlainNode:
    """A node as the index needs it."""

    path: str
    title: str
    description: str = ""
    kind: str = "branch"
    level: str = ""
    mission: str = ""
    theme: str = ""
    order: int = 0


def product(name: str = "a.fits", **facts: object) -> ProductDescription:
    """Return one product; ObsCore columns and other fields are given by name."""
    core = {key: facts.pop(key) for key in list(facts) if key in ObsCore.__dataclass_fields__}
    base = ProductDescription(
        path=f"representations/original/data/{name}",
        sip_path=f"data/{name}",
        size=2_880,
        sha256="0" * 64,
        kind="science",
        level="N1",
        product_type="light curve",
        format_id="fmt/383",
        format_name="Flexible Image Transport System",
        media_type="application/fits",
        obscore=ObsCore(**core),  # type: ignore[arg-type]
    )
    return replace(base, **facts)  # type: ignore[arg-type]


def record(aip_id: str = "alpha.0001", *products: ProductDescription, **facts: object) -> AipRecord:
    """Return the record of one package; fields of its description are given by name."""
    size = facts.pop("size", 10_000)
    versions = facts.pop("versions", None)
    description = PackageDescription(
        aip_id=aip_id,
        version=1,
        title=f"Title of {aip_id}",
        summary="A summary.",
        mission="alpha",
        collection="curves",
        node="alpha/n1/curves",
        kind="science",
        level="N1",
        agreement="alpha-1",
        provider="Institute",
        creators=("Somebody",),
        publisher="Publisher",
        year=2020,
        licence="CC0",
        credit="",
        access_policy="open",
        submission_key=f"key-{aip_id}",
        receipt=f"r-{aip_id}",
        ingested_at="2026-01-01T00:00:00Z",
        products=products or (product(f"{aip_id}.fits"),),
    )
    description = replace(description, **facts)  # type: ignore[arg-type]
    facts_sealed = version_facts(description)
    version = VersionRecord(
        description.version, "2026-01-01T00:00:00Z", "ingest", 9, 10_000, facts=facts_sealed
    )
    return AipRecord(
        aip_id=aip_id,
        object_path=f"abc/def/012/{aip_id}",
        description=description,
        versions=versions or (version,),  # type: ignore[arg-type]
        size=size,  # type: ignore[arg-type]
        files=9,
    )


def many_records(number: int, seed: int = 1) -> Iterator[AipRecord]:
    """Yield records of three missions, with targets all over the sky and three products each."""
    dice = random.Random(seed)
    for count in range(number):
        mission, level = MISSIONS[count % 3], LEVELS[count % 7 % 3]
        aip_id = f"{mission}.{level.lower()}.{count:06d}"
        yield record(
            aip_id,
            *_products(aip_id, level, count, dice),
            title=f"Observation {count} of TIC {55_000_000 + count * 7}",
            summary=f"A light curve of visit {count % 50} by the wide camera, revision {count % 4}.",
            mission=mission,
            level=level,
            node=f"{mission}/{level.lower()}/sector-{count % 26}",
            size=dice.randrange(10**4, 10**9),
            ingested_at=f"2026-01-{1 + count % 28:02d}T00:00:00Z",
            values={"magnitude": round(dice.uniform(6, 16), 2), "pi_name": f"Name{count % 40}"},
        )


def _products(aip_id: str, level: str, count: int, dice: random.Random) -> Iterator[ProductDescription]:
    ra, dec = dice.uniform(0, 360), dice.uniform(-90, 90)
    start = 58_000 + dice.uniform(0, 2_000)
    facts: dict[str, object] = {
        "level": level,
        "target_name": f"TIC {55_000_000 + count * 7}",
        "obs_id": f"obs{count:06d}",
        "s_ra": ra,
        "s_dec": dec,
        "t_min": start,
        "t_max": start + 27.4,
        "instrument_name": "wide camera",
    }
    link = ProvenanceLink("reference file", "REF_1", f"flat_{count % 9}.fits", "RF_FIL1")
    yield product(f"{aip_id}-lc.fits", **facts, dataproduct_type="timeseries", provenance=(link,))
    yield product(f"{aip_id}-tp.fits", **facts, dataproduct_type="image", product_type="target pixels")
    yield product(f"{aip_id}-report.pdf", kind="report", product_type="report")


def many_nodes(sectors: int = 26) -> Iterator[PlainNode]:
    """Yield the nodes in which `many_records` rest, and one branch that stays empty."""
    for mission in MISSIONS:
        yield PlainNode(mission, f"Mission {mission}", kind="mission", mission=mission)
        yield PlainNode(f"{mission}/empty", "Nothing yet", mission=mission, order=9)
        for level in LEVELS:
            path = f"{mission}/{level.lower()}"
            yield PlainNode(path, f"{level} data", level=level, mission=mission)
            for sector in range(sectors):
                place = f"{path}/sector-{sector}"
                yield PlainNode(place, f"Sector {sector}", kind="data set", level=level, mission=mission)
