"""Second opinion on an AIP: the E-ARK validator, run without a network.

Run by the interpreter of ``.venv-oracles`` because the validator pins libraries that the archive
uses in other versions::

    .venv-oracles/bin/python tests/oracles/eark.py PACKAGE_DIRECTORY...

Prints ``{"errors": [...], "warnings": [...]}`` for one package, a list of these for several;
a finding is ``{"rule", "severity", "location", "message"}``. The rules are those of the E-ARK
specifications V2.1.0 (the oldest that describes a package of version 2.2's layout).
"""

import io
import json
import sys
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Answer = dict[str, list[dict[str, str | None]]]


def _vocabularies() -> Path:
    """Where the validator's own wheel keeps the vocabularies it would fetch when imported."""
    spec = find_spec("eark_validator")
    if spec is None or spec.origin is None:
        sys.exit("eark_validator is not installed here: run this with .venv-oracles/bin/python")
    return Path(spec.origin).parent / "ipxml" / "resources" / "vocabs"


def _answer_from_the_wheel(folder: Path) -> None:
    """Make ``urlopen`` read the wheel's file of the same name, and nothing else."""

    def urlopen(address: str, *_: object, **__: object) -> io.BytesIO:
        return io.BytesIO((folder / address.rsplit("/", 1)[-1]).read_bytes())

    urllib.request.urlopen = urlopen  # type: ignore[assignment]


def _results(report: Any) -> list[Any]:
    """All messages of a report, of its structure, schema and schematron parts alike."""
    found = list(report.structure.messages) if report.structure else []
    if report.metadata:
        found += report.metadata.schema_results.messages
        found += report.metadata.schematron_results.messages
    return found


def _finding(
    rule: str | None, severity: str, location: str | None, message: str | None
) -> dict[str, str | None]:
    return {"rule": rule, "severity": severity, "location": location, "message": message}


def validate(package: Path) -> Answer:
    """Validate one package directory against E-ARK CSIP V2.1.0 (and SIP or DIP, if it is one)."""
    from eark_validator.packages import PackageValidator

    try:
        results = _results(PackageValidator(package).validation_report)
    except Exception as stop:  # noqa: BLE001 - a METS it cannot read makes it raise anything
        stopped = _finding(None, "error", str(package), f"validator stopped: {stop}")
        return {"errors": [stopped], "warnings": []}
    answer: Answer = {"errors": [], "warnings": []}
    kinds = {"error": "errors", "unknown": "errors", "warning": "warnings"}
    for result in results:
        severity = str(result.severity.name).lower()
        if severity in kinds:
            found = _finding(result.rule_id, severity, result.location, result.message)
            answer[kinds[severity]].append(found)
    return answer


def main(arguments: list[str]) -> int:
    """Validate the packages named and print what was found; 0 when there is no error."""
    if not arguments:
        sys.exit(__doc__)
    _answer_from_the_wheel(_vocabularies())
    answers = [validate(Path(argument)) for argument in arguments]
    sys.stdout.write(json.dumps(answers[0] if len(answers) == 1 else answers, indent=1) + "\n")
    return 1 if any(answer["errors"] for answer in answers) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
