"""Access, as OAIS names the function that serves consumers: browse, find, show and hand out.

The site and the command line both stand on ``Access``; every answer has passed ``policies.access.decide``.
"""

from oais.functions.access.facade import Access, open_access
from oais.functions.access.finding import Question
from oais.functions.access.views import as_plain

__all__ = ["Access", "Question", "as_plain", "open_access"]
