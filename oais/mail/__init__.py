"""Mail as the archive sends it: plain text, one recipient, a subject that never changes.

Knows addresses, letters and the ways out; what is waiting to be sent stands in the database.
"""

from oais.mail.address import Address, parse_address
from oais.mail.letters import Letter, Subject, message_of
from oais.mail.transports import DeliveryError, Maildir, Transport, open_transport, sender_of

__all__ = [
    "Address",
    "DeliveryError",
    "Letter",
    "Maildir",
    "Subject",
    "Transport",
    "message_of",
    "open_transport",
    "parse_address",
    "sender_of",
]
