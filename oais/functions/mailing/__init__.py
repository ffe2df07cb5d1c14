"""Mail of the archive: queued in the caller's transaction, sent by the worker, tried again when it fails."""

from oais.functions.mailing.queueing import link, queue_mail, unqueue
from oais.functions.mailing.sending import send_due

__all__ = ["link", "queue_mail", "send_due", "unqueue"]
