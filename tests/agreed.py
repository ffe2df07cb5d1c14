"""The first lines of a small agreement, which tests of agreements go on from."""

from __future__ import annotations

from typing import Final

DEMO: Final = """\
agreement: demo
title: A demonstration
mission: Demo
slug: demo
provider: {name: A, organization: B, contact: c@example.org}
identifier: 'demo\\.[0-9]+'
identifier_template: 'demo.{number:int}'
new_versions: true
licence: free
credit: us
publisher: us
creators: [us]
access_policy: open
levels:
"""
"""Up to its levels, of which the first stands in line 15."""
