"""Devices that run a vendor's image in a lab: the file, the port map, the config and the links."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from lab.containerlab_files import export
from lab.images import ImageNode, image_nodes
from lab.plan import Kernel
from lab.planning import plan
from tasks.commands.lab.export import command
from tasks.settings import Settings
from tests.city import write_city
from topology.network import Network, load
from topology.problems import InventoryError


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tmp_path_factory.mktemp("city") / "small", counties=1, townships=1, agencies=1, verticals=1, platform="huawei_vrp")


@pytest.fixture(scope="module")
def network(city: Path) -> Network:
    return load(city)


@pytest.fixture
def images(tmp_path: Path, network: Network) -> Any:
    def read(*entries: dict[str, Any]) -> dict[str, ImageNode]:
        path = tmp_path / "images.yaml"
        path.write_text(yaml.safe_dump({"images": list(entries)}), encoding="utf-8")
        return image_nodes(path, network)

    return read


CORE = "sm-o-core1"
COUNTY = "sm-o-c1-r1"
VRP = {"kind": "huawei_vrp", "image": "vrnetlab/huawei_vrp:ne40e"}


def problem(read: Any, *entries: dict[str, Any]) -> str:
    with pytest.raises(InventoryError) as caught:
        read(*entries)
    assert len(caught.value.problems) == 1, caught.value.render("en")
    return caught.value.problems[0].render("en")


def test_the_config_is_written_for_the_chassis_of_the_image(images: Any, network: Network) -> None:
    node = images({"device": COUNTY, **VRP})[COUNTY]
    own = {port.name for port in network.design.device(COUNTY).device.model.ports if port.kind == "data"} - {"GigabitEthernet0/0/0"}
    assert node.chassis == "huawei-ne-image"
    assert {port.image for port in node.ports if port.link} <= {f"Ethernet1/0/{n}" for n in range(8)}
    assert [port.link for port in node.ports if port.link] == [f"eth{n}" for n in range(1, len([p for p in node.ports if p.link]) + 1)]
    assert "interface Ethernet1/0/0\n" in node.config
    assert not [name for name in own if f"interface {name}\n" in node.config]


def test_every_address_of_the_device_is_in_its_images_config(images: Any, network: Network) -> None:
    node = images({"device": COUNTY, **VRP})[COUNTY]
    addresses = [str(i.address.ip) for i in network.design.device(COUNTY).interfaces if i.address is not None]
    assert addresses
    assert not [address for address in addresses if f"ip address {address} " not in node.config]


def test_the_image_has_the_labs_timers(images: Any) -> None:
    node = images({"device": COUNTY, **VRP})[COUNTY]
    assert "ospf timer hello 2\n" in node.config
    assert "ospf timer hello 10\n" not in node.config


def test_an_image_of_another_maker_gets_its_own_language(images: Any) -> None:
    node = images({"device": COUNTY, "kind": "cisco_c8000v", "image": "vrnetlab/cisco_c8000v:17"})[COUNTY]
    assert node.platform == "cisco_ios"
    assert "interface GigabitEthernet2\n" in node.config


def test_what_names_a_device_comes_before_what_names_its_model(images: Any, network: Network) -> None:
    model = network.design.device(COUNTY).device.model.name
    found = images(
        {"model": model, **VRP, "image": "by-model"},
        {"device": COUNTY, **VRP, "image": "by-device"},
    )
    assert found[COUNTY].image == "by-device"
    others = {node.image for name, node in found.items() if name != COUNTY and network.design.device(name).device.model.name == model}
    assert others <= {"by-model"}


def test_too_few_ports_are_listed(images: Any) -> None:
    said = problem(images, {"device": COUNTY, **VRP, "ports": ["Ethernet1/0/0"]})
    assert f"images.yaml:6:3: device {COUNTY} uses " in said
    assert "its image huawei-ne-image has 1; without one: GigabitEthernet" in said
    assert "say the image's `ports`" in said


def test_unknown_names_are_explained(images: Any) -> None:
    assert "unknown device 'sm-o-core9'" in problem(images, {"device": "sm-o-core9", **VRP})
    assert "unknown kind of containerlab node 'huawei_vpr' · allowed: cisco_c8000v" in problem(
        images, {"device": COUNTY, **VRP, "kind": "huawei_vpr"}
    )
    assert "writes no configs for images of the kind 'nokia_srlinux'" in problem(images, {"device": COUNTY, **VRP, "kind": "nokia_srlinux"})
    assert "unknown chassis model 'ne9000'" in problem(images, {"device": COUNTY, **VRP, "chassis": "ne9000"})
    assert "unknown platform 'junos'" in problem(images, {"device": COUNTY, **VRP, "runs": "junos"})
    assert "unknown key 'ploatform'" in problem(images, {"ploatform": "x", "device": COUNTY, **VRP})


@pytest.mark.parametrize("selector", [{}, {"device": COUNTY, "platform": "huawei_vrp"}])
def test_an_image_speaks_of_one_thing(images: Any, selector: dict[str, str]) -> None:
    assert "exactly one of device, model and platform" in problem(images, {**selector, **VRP})


def test_a_second_image_of_a_device_is_refused(images: Any) -> None:
    assert f"device '{COUNTY}' has an image already" in problem(images, {"device": COUNTY, **VRP}, {"device": COUNTY, **VRP})


def test_a_machine_of_any_kind_needs_its_ports(images: Any) -> None:
    generic = {"device": COUNTY, "kind": "generic_vm", "image": "own/router:1", "runs": "h3c_comware"}
    assert "nothing is known of the chassis" in problem(images, generic)
    node = images({**generic, "chassis": "h3c-msr-vm", "ports": ["GigabitEthernet[1-9]/0"]})[COUNTY]
    assert "interface GigabitEthernet1/0\n" in node.config


def test_a_switch_does_not_fit_a_router(images: Any, network: Network) -> None:
    switching = [
        name
        for name in network.design.names
        if (design := network.design.device(name)).device.routes and any(i.l2 for i in design.interfaces) and design.device.model.switching
    ]
    assert switching
    with pytest.raises(InventoryError, match=r"its image cisco-c8000v is a router|aggregates ports"):
        images({"device": switching[0], "kind": "cisco_c8000v", "image": "x"})


def test_tags_are_taken_off_beside_the_image(images: Any, network: Network) -> None:
    nodes = images({"device": COUNTY, **VRP})
    lab = plan(network, "t", network.design.names, Kernel(vlan=False, vrf=False, dummy=False, bond=False))
    made = export(lab, nodes)
    document = yaml.safe_load(made.files[made.topology])
    container = f"govnet.t.{COUNTY}"
    assert document["topology"]["nodes"][container]["kind"] == "huawei_vrp"
    assert not [name for name in document["topology"]["nodes"] if name.startswith(f"{container}-")], "an image holds its VRFs itself"
    ends = [end for link in document["topology"]["links"] for end in link["endpoints"]]
    used = sorted(int(end.rpartition("eth")[2]) for end in ends if end.startswith(f"{container}:"))
    assert used == list(range(1, len(used) + 1))
    tagged = {interface for end in lab.ends if lab.node(end.node).device == COUNTY and "." in (interface := end.interface)}
    assert tagged
    start = made.files["govnet.t.switch/start"]
    assert len([line for line in start.splitlines() if " type vlan id " in line]) == len(tagged)
    assert "@@" not in made.files[f"{container}/startup.cfg"]


def test_the_command_prints_the_port_map(city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images.yaml").write_text(yaml.safe_dump({"images": [{"device": COUNTY, **VRP}]}), encoding="utf-8")
    out = tmp_path / "out"
    settings = Settings(city, "en", date(2026, 12, 1))
    arguments = ["--out", str(out), "--images", str(tmp_path / "images.yaml"), "--only", "county=c1"]
    assert command.main(arguments, obj=settings, standalone_mode=False) == 0
    said = capsys.readouterr().out
    assert f"Start it: containerlab deploy -t {out}/govnet.city.clab.yml" in said
    assert "Ethernet1/0/0" in said
    assert command.main([*arguments, "--json"], obj=settings, standalone_mode=False) == 0
    assert json.loads(capsys.readouterr().out)["images"][0]["ports"][0]["container"] == "eth1"
    assert (out / "govnet.city.clab.yml").is_file()


def test_an_export_replaces_the_one_before_it(city: Path, tmp_path: Path) -> None:
    settings = Settings(city, "en", date(2026, 12, 1))
    for only in ("county=c1", COUNTY):
        assert command.main(["--out", str(tmp_path / "o"), "--only", only], obj=settings, standalone_mode=False) == 0
    document = yaml.safe_load((tmp_path / "o" / "govnet.city.clab.yml").read_text(encoding="utf-8"))
    folders = {path.name for path in (tmp_path / "o").iterdir() if path.is_dir()}
    assert folders == set(document["topology"]["nodes"])


def test_bad_input_is_one_line(city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(city, "en", date(2026, 12, 1))
    arguments = ["--out", str(tmp_path / "o")]
    with pytest.raises(click.ClickException, match="unknown county 'x'"):
        command.main([*arguments, "--only", "county=x"], obj=settings, standalone_mode=False)
    assert command.main([*arguments, "--name", "A b"], obj=settings, standalone_mode=False) == 2
    assert "'A b' is no name for a lab" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
