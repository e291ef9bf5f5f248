"""A golden file of each platform and role, from small generated cities: what an engineer reads line by line.

After a change that is meant, write them anew with ``GOLDEN_UPDATE=1`` and read the difference.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from templates.engine import Renderer
from templates.platforms import Platforms
from tests.city import CityPlan, write_city
from topology.design import DeviceDesign
from topology.network import load

GOLDEN = Path(__file__).parents[1] / "golden" / "configs"
PLATFORMS = ("huawei_vrp", "huawei_usg", "h3c_comware", "h3c_secpath", "cisco_ios", "frr", "host_unit")


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[DeviceDesign]]:
    """For each platform a small city that has it wherever a model of it fits: the first device of each role."""
    found: dict[str, list[DeviceDesign]] = {}
    for platform in PLATFORMS:
        plan = CityPlan(agencies=2, seed=7, platform=platform, verticals=1, exit=True)
        network = load(write_city(tmp_path_factory.mktemp(platform), plan))
        first: dict[str, DeviceDesign] = {}
        for name in network.design.names:
            design = network.design.device(name)
            if design.device.platform == platform:
                first.setdefault(f"{design.device.realm.value}-{design.device.role.value}", design)
        found[platform] = list(first.values())
    return found


@cache
def renderer() -> Renderer:
    return Renderer(Platforms())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_configs_of_every_role(platform: str, cities: dict[str, list[DeviceDesign]]) -> None:
    assert cities[platform], f"no device of the sample city is a {platform}"
    folder = GOLDEN / platform
    rendered = {}
    for design in cities[platform]:
        role = f"{design.device.realm.value}-{design.device.role.value}"
        for file in renderer().render(design).files:
            rendered[f"{role}{file.name.removeprefix(design.hostname)}"] = file.text
    if os.environ.get("GOLDEN_UPDATE"):
        for name, text in rendered.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == set(rendered)
    for name, text in rendered.items():
        assert text == (folder / name).read_text(encoding="utf-8"), f"{platform}/{name} differs from its golden file"
