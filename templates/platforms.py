"""The facts of the platforms: `templates/<platform>/platform.yaml`, checked when they are read.

Nothing is remembered here: whoever renders keeps the `Platforms` that it made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

import pydantic
import yaml

from topology.design import DeviceDesign
from topology.i18n import T, Text
from topology.origin import Origin
from topology.problems import InventoryError, unknown_name

ROOT = Path(__file__).parent

FEATURES = (
    "bgp", "ospf", "ospf_vrf", "vrf", "vrrp", "filter", "basic_filter", "zone_policy", "nat_pool", "nat_server", "ha_pair", "lag", "svi",
    "subinterface", "oob_vrf", "urpf", "last_hop", "ttl_security", "stp_edge", "discard_route", "prefix_list", "route_policy", "host_unit",
    "ntp_auth", "snmpv3", "aaa", "dhcp",
)  # fmt: skip
"""Everything that a design can ask of a platform. Each platform.yaml answers for each of them."""


class PlatformError(Exception):
    """A platform.yaml is wrong: a mistake of ours or of who added a platform, never of an inventory."""


class _Facts(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Facts):
    """Words for people in both languages. A plain string in the YAML stands for both."""

    zh: str
    en: str

    @pydantic.model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"zh": value, "en": value} if isinstance(value, str) else value

    def text(self) -> Text:
        return _Words(self.en, (("zh", self.zh),))


class _Words(Text):
    """A Text that brings its translation along, since platform.yaml is not in the message catalogue."""

    __slots__ = ()

    def render(self, lang: str) -> str:
        return str(dict(self.params)["zh"]) if lang == "zh" else self.msgid


class Feature(_Facts):
    """What a platform says to a feature: yes, with the source; or no, why, and the way out."""

    yes: bool = False
    no: Bilingual | None = None
    instead: Bilingual | None = None
    source: str = ""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"yes": True} if value is True else value

    @pydantic.model_validator(mode="after")
    def _answers(self) -> Self:
        if self.yes == (self.no is not None):
            raise ValueError("says neither yes nor no: write `yes: true`, or `no: REASON` with `instead: WAY OUT`")
        if self.no is not None and self.instead is None:
            raise ValueError("a `no` names the way out in `instead`")
        return self


class Default(_Facts):
    """What the platform does where the line is missing."""

    value: Any
    source: str


class Unconfirmed(_Facts):
    topic: str
    choice: str
    why: str


class Names(_Facts):
    """Patterns of interface names. `{port}` is the chassis' own name, `{index}` its number among the data ports."""

    vlan: str = ""
    loopback: str = ""
    loopback_first: str | None = None  # of loopback 0, where that has a name of its own
    lag: str = ""
    lag_routed: str | None = None  # of a LAG in layer 3 mode, where that differs
    subinterface: str = "{parent}.{number}"
    management: str = "{port}"
    port: str = "{port}"
    stand_in_management: str | None = None  # where the platform stands in for another: that one's names mean nothing here
    stand_in_port: str | None = None


Owns: TypeAlias = dict[str, tuple[str, ...]]


class File(_Facts):
    """One file of a device. ``native``: left out where the platform stands in for a device's own."""

    template: str
    name: str
    ascii: bool = True
    owns: Owns | Literal["none"] | None = None  # None: the platform's; "none": lines are not checked
    comment: str | None = None  # None: the platform's
    native: bool = False
    autoescape: bool = False


class Platform(_Facts):
    """All facts of one platform."""

    platform: str
    title: Bilingual
    vendor: str
    comment: str
    families: dict[str, str] = {}  # beginning of a chassis model's name -> family, where families spell some lines differently
    files: Annotated[tuple[File, ...], pydantic.Field(min_length=1)]
    names: Names
    features: dict[str, Feature]
    defaults: dict[str, Default] = {}
    limits: dict[str, int | tuple[int, ...] | str] = {}
    unconfirmed: tuple[Unconfirmed, ...] = ()
    owns: Owns = {}

    def family(self, model: str) -> str:
        """The family of a chassis model, by the longest beginning of its name; "" where none is named."""
        return self.families.get(max((head for head in self.families if model.startswith(head)), key=len, default=""), "")

    @pydantic.field_validator("features")
    @classmethod
    def _complete(cls, features: dict[str, Feature]) -> dict[str, Feature]:
        missing = [name for name in FEATURES if name not in features]
        unknown = [name for name in features if name not in FEATURES]
        if missing or unknown:
            raise ValueError(f"features: missing {', '.join(missing) or 'none'}; unknown {', '.join(unknown) or 'none'}")
        return features


class _Loader(yaml.CSafeLoader):
    """YAML in which `yes` and `no` are words."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool" or letter in "tTfF"]
    for letter, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load_platform(name: str, root: Path = ROOT) -> Platform:
    """The facts of platform ``name``; raises PlatformError with the file and everything that is wrong in it."""
    path = root / name / "platform.yaml"
    try:
        platform = Platform.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))  # noqa: S506 - a safe loader
    except (OSError, UnicodeError, yaml.YAMLError, pydantic.ValidationError) as error:
        raise PlatformError(f"{path.relative_to(root.parent)}: {error}") from error
    if platform.platform != name:
        raise PlatformError(f"{path.relative_to(root.parent)}: says platform {platform.platform!r} in the folder {name!r}")
    return platform


class Platforms(Mapping[str, Platform]):
    """The platforms below ``root``, read one by one as they are asked for."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self._names = tuple(sorted(path.parent.name for path in root.glob("*/platform.yaml")))
        self._loaded: dict[str, Platform] = {}

    def __getitem__(self, name: str) -> Platform:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._loaded:
            self._loaded[name] = load_platform(name, self.root)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def of(self, design: DeviceDesign, name: str | None = None) -> Platform:
        """The platform of a device, or ``name`` in its place; raises InventoryError where nobody wrote templates for it."""
        return self.find(name or design.device.platform, design.origin)

    def find(self, name: str, origin: Origin) -> Platform:
        if name not in self._names:
            raise InventoryError([unknown_name(origin, T("platform"), name, self._names)])
        return self[name]
