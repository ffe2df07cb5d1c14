"""``python -m oais`` is the command ``oais``."""

import sys

from oais.cli import main

sys.exit(main())
