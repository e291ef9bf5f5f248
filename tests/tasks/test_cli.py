"""The command line around the sub-commands: languages, global options, and what an operator sees when something goes wrong."""

import ast
import errno
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from string import Formatter
from types import ModuleType

import click
import pytest
from babel.messages.pofile import read_po

from tasks import cli, localized
from tasks.settings import Settings
from topology.i18n import T
from topology.origin import Origin
from topology.problems import InventoryError, Problem

Run = Callable[[Settings], int | None]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GOVNET_CITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Puts a function in the place of ``govnet check``."""

    def install(run: Run) -> None:
        module = ModuleType("tasks.commands.probe")
        module.command = localized.command("check", help=T("Show the version and exit."))(click.pass_obj(run))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, "check", cli.Listed("probe", T("Show the version and exit.")))

    return install


def test_help_imports_no_sub_command_and_nothing_heavy() -> None:
    code = "import sys; from tasks.cli import main; main(['--help']); print(*sorted(sys.modules), sep='\\n')"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "click" in modules
    assert not {name for name in modules if name.startswith("tasks.commands.")}
    assert not {"pydantic", "yaml", "rich", "nornir", "jinja2", "importlib.metadata"} & set(modules)


@pytest.mark.parametrize("args", [["--lang=zh", "--help"], ["--help", "--lang", "zh"], ["--help"]])
def test_help_speaks_chinese_by_option_anywhere_or_by_environment(
    args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if len(args) == 1:
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert cli.main(args) == 0
    out = capsys.readouterr().out
    for chinese in ("用法", "选项", "命令", "显示此帮助并退出", "检查"):
        assert chinese in out
    for english in ("Usage", "Options:", "Commands", "Default", "Show", "Check"):
        assert english not in out


def test_global_options_stand_anywhere_before_two_dashes() -> None:
    args = ["show", "sites", "--lang", "zh", "--city=x", "--", "--as-of", "2026-12-01"]
    assert cli.global_options_first(args) == ["--lang", "zh", "--city=x", "show", "sites", "--", "--as-of", "2026-12-01"]


def test_settings_reach_the_command(command: Callable[[Run], None], tmp_path: Path) -> None:
    seen: list[Settings] = []
    command(seen.append)
    assert cli.main(["check", "--as-of", "2026-12-01", "--city", str(tmp_path), "--lang", "zh"]) == 0
    assert (seen[0].city, seen[0].as_of, seen[0].lang) == (tmp_path, date(2026, 12, 1), "zh")


def test_exit_code_is_the_commands(command: Callable[[Run], None]) -> None:
    command(lambda _: 3)
    assert cli.main(["check"]) == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["chek"], "No such command 'chek'. (Did you mean one of: 'check', 'schema'?)"),
        (["--as-of", "2026-13-01", "check"], "'2026-13-01' is not a day of the form 2026-12-01."),
        (["--lang", "fr", "check"], "'fr' is not one of 'zh', 'en'."),
        (["--city"], "Option '--city' requires an argument."),
    ],
)
def test_bad_usage_is_named(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(args) == 2
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("folders", "message"),
    [([], "There is no city under ./inventory"), (["inventory/a", "inventory/b"], "There are several cities: inventory/a, inventory/b")],
)
def test_which_city_is_asked_when_it_is_not_clear(
    folders: list[str],
    message: str,
    command: Callable[[Run], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in folders:
        Path(folder).mkdir(parents=True)
    command(lambda settings: len(settings.city.parts))
    assert cli.main(["check"]) == 2
    assert message in capsys.readouterr().err


def test_the_only_city_is_taken(command: Callable[[Run], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventory" / "anywhere").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    cities: list[Path] = []
    command(lambda settings: cities.append(settings.city))
    assert cli.main(["check"]) == 0
    assert cities == [Path("inventory/anywhere")]


PROBLEMS = [Problem(Origin("city.yaml", line, 3), T("permission denied")) for line in (9, 2)]
PROBLEM_LINES = "city.yaml:2:3: permission denied\ncity.yaml:9:3: permission denied\n2 problems in the inventory; nothing was written.\n"


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (InventoryError(PROBLEMS), 2, PROBLEM_LINES),
        (OSError(errno.ENOSPC, "No space left on device", "build/a.cfg"), 2, "Cannot read or write build/a.cfg: the disk is full\n"),
        (OSError(errno.EIO, "Input/output error"), 2, "Cannot read or write: Input/output error\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 141, ""),
        (KeyboardInterrupt(), 130, "\n"),
    ],
)
def test_failure_ends_in_lines_for_people(
    failure: BaseException, code: int, message: str, command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Settings) -> int:
        raise failure

    command(fail)
    assert cli.main(["check"]) == code
    assert capsys.readouterr().err == message


def test_full_disk_under_standard_output_is_said_once() -> None:
    code = "import sys; from tasks.cli import main; sys.exit(main(['--version']))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "Cannot read or write: the disk is full\n")


def test_clicks_own_wordings_are_those_of_the_installed_click() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(click.__file__).parent.glob("*.py"))
    known = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}
    with (Path(localized.__file__).parent / "locale/zh/LC_MESSAGES/click.po").open("rb") as file:
        catalog = read_po(file, locale="zh")
    for message in catalog:
        if message.id:
            forms = [message.id] if isinstance(message.id, str) else list(message.id)
            assert set(forms) <= known, f"click does not say {forms} any more"
            texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
            assert {field for text in texts for field in fields(text)} <= {field for form in forms for field in fields(form)}


def fields(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def test_clicks_own_wordings_are_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--lang", "zh", "chek"]) == 2
    assert "错误\uff1a没有命令 'chek'。 是否想输入\uff1a'check', 'schema'\uff1f" in capsys.readouterr().err
