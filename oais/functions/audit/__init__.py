"""Audits: proof that what was accepted is stored, and that what is stored still is what was sealed."""

from oais.functions.audit.running import run_audit
from oais.functions.audit.selecting import Selection, select_for_audit
from oais.functions.audit.summary import AuditSummary

__all__ = ["AuditSummary", "Selection", "run_audit", "select_for_audit"]
