"""A report as people and programs read it: JSON, JUnit, SARIF, Markdown, one HTML page, and the terminal."""

from __future__ import annotations

from collections.abc import Callable

from isolation_checks.report.html import as_html
from isolation_checks.report.json import as_json
from isolation_checks.report.junit import as_junit
from isolation_checks.report.markdown import as_markdown
from isolation_checks.report.places import Places
from isolation_checks.report.sarif import as_sarif
from isolation_checks.verdicts import Report

FORMATS: dict[str, Callable[[Report, Places, str], str]] = {
    ".json": as_json,
    ".xml": as_junit,
    ".sarif": as_sarif,
    ".md": as_markdown,
    ".html": as_html,
}
"""By the suffix of the file: report, places and language in, the file's text out."""
