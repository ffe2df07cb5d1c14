"""The site that is walked through: one archive with something in every list, served, with a mail server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from oais.archive import Archive
from oais.functions.codes import ALPHABET
from oais.functions.mailing import send_due
from oais.functions.packing import pack_folder
from oais.functions.submission import submit
from tests.functions.embargoed import RULES
from tests.mail.servers import PostOffice, mail_server
from tests.web.conftest import DEMO
from tests.web.filled import Filled, filled_site

CODED: Final = "  coded: {metadata: public, data: email-code, reason: a valid address is asked}\nnodes:\n"
_CODE: Final = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")


@dataclass(frozen=True, slots=True)
class World:
    """The served archive and the mail server that its letters go to."""

    filled: Filled
    office: PostOffice

    @property
    def url(self) -> str:
        """Where the site answers."""
        return self.filled.depository.url

    def letters_to(self, address: str) -> list[str]:
        """Send what is due, and return the texts of the letters that the mail server took for somebody."""
        send_due(self.filled.service)
        mails = [mail for mail in self.office.messages() if mail["To"] == address]
        return [(mail.get_payload(decode=True) or b"").decode() for mail in mails]  # type: ignore[union-attr]

    def code_for(self, address: str) -> str:
        """Return the last access code mailed to an address."""
        return str(_CODE.findall(self.letters_to(address)[-1])[-1])


@contextmanager
def walked_site(folder: Path) -> Iterator[World]:
    """Make and serve it: the filled archive, and the demo's mission whose pixels ask for a code."""
    with mail_server(PostOffice()) as office:

        def furnished(archive: Archive) -> Archive:
            rules = RULES.replace("nodes:\n", CODED) + "  - {node: tess/n0, policy: coded}\n"
            (archive.home / "policies" / "access.yaml").write_text(rules)
            names = ("n0", "hk", "n1")
            bags = [pack_folder(archive.home, DEMO / name, "tess", folder / f"{name}.tess") for name in names]
            for taken in submit(archive, bags):
                assert taken.receipt is not None
                assert taken.receipt.status == "accepted", taken.receipt.findings
            settings = replace(
                archive.settings,
                mail_from="archive@example.org",
                mail_transport="smtp",
                smtp_host="127.0.0.1",
                smtp_port=office.port,
                smtp_security="none",
            )
            return replace(archive, settings=settings)

        with filled_site(folder, furnished) as filled:
            yield World(filled, office)
