"""Access, as OAIS names the function that serves consumers: browse, find, show and hand out.

The site and the command line both stand on ``facade.Access``; every answer has passed
``policies.access.decide``. Nothing is imported here: a command that shows no page starts without the index.
"""
