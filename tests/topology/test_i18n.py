"""Every message has its Chinese wording, with the same values in it; and the catalog that runs is the catalog that was written."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from topology.i18n import T, Text, detect_language

ROOT = Path(__file__).parents[2]
PACKAGES = ("topology", "templates", "tasks", "isolation_checks", "lab", "services")
FOLDER = ROOT / "topology" / "locale" / "zh" / "LC_MESSAGES"
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def read_catalog() -> Catalog:
    with (FOLDER / "govnet.po").open("rb") as stream:
        return read_po(stream, locale="zh", domain="govnet")


def messages() -> Iterator[tuple[Path, int, str]]:
    for path in SOURCES:
        for line, message, _, _ in extract_from_file("python", path, keywords={"T": None}):
            assert isinstance(message, str)
            yield path, line, message


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_every_message_is_translated() -> None:
    catalog = read_catalog()
    missing = []
    for path, line, message in messages():
        entry = catalog.get(message)
        if entry is None or not entry.string or entry.fuzzy:
            missing.append(f"{path.relative_to(ROOT)}:{line}: {message}")
    assert not missing, "\n".join(missing)


def test_translations_carry_the_same_values() -> None:
    wrong = [entry.id for entry in read_catalog() if entry.id and entry.string and fields(str(entry.id)) != fields(str(entry.string))]
    assert not wrong


def test_no_translation_is_left_over() -> None:
    used = {message for _, _, message in messages()}
    left_over = [entry.id for entry in read_catalog() if entry.id and entry.id not in used]
    assert not left_over
    assert not read_catalog().obsolete


def test_compiled_catalog_is_the_written_one() -> None:
    with (FOLDER / "govnet.mo").open("rb") as stream:
        compiled = read_mo(stream)
    texts = {entry.id: entry.string for entry in compiled if entry.id}
    written = {entry.id: entry.string for entry in read_catalog() if entry.id and entry.string and not entry.fuzzy}
    assert texts == written, "pybabel compile -D govnet -l zh -d topology/locale"


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "T":
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_messages_are_literals_and_get_the_values_they_name() -> None:
    """A message that is put together when it runs is invisible to the extraction; one without its values fails when it is shown."""
    wrong = []
    for place, call in calls():
        message = call.args[0] if len(call.args) == 1 else None
        if not isinstance(message, ast.Constant) or not isinstance(message.value, str) or not message.value:
            wrong.append(f"{place}: T() takes one literal text")
            continue
        given = {keyword.arg for keyword in call.keywords}
        # Module-level tables of messages get their values later.
        if None not in given and given and given != fields(message.value):
            wrong.append(f"{place}: {given ^ fields(message.value)}")
    assert not wrong, "\n".join(wrong)


def test_rendering() -> None:
    text = T("unknown {kind} '{word}'", kind=T("a list"), word="{x}")
    assert text.render("en") == "unknown a list '{x}'"
    assert text.render("zh") == "未定义的列表“{x}”"
    assert Text("nobody translated this {x}", (("x", 1),)).render("zh") == "nobody translated this 1"
    assert T("a list") == T("a list")
    assert hash(text) == hash(T("unknown {kind} '{word}'", kind=T("a list"), word="{x}"))
    with pytest.raises(FileNotFoundError):
        T("a list").render("fr")


@pytest.mark.parametrize(
    ("option", "environ", "language"),
    [
        (None, {}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        (None, {"LANG": "C", "LC_MESSAGES": "C", "LC_ALL": "zh_TW"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LANG": "de_DE"}, "en"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh", {}, "zh"),
    ],
)
def test_language(option: str | None, environ: dict[str, str], language: str) -> None:
    assert detect_language(option, environ) == language


def test_unknown_language() -> None:
    with pytest.raises(ValueError, match="unknown language 'fr': zh or en"):
        detect_language("fr", {})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_nothing_in_every_language(lang: str) -> None:
    assert Text("").render(lang) == ""
