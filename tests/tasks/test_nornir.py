"""The Nornir inventory plugin, as a stranger's script uses it, the render task, and the runner that forks."""

import os
from pathlib import Path

import pytest
from netmiko.ssh_dispatcher import CLASS_MAPPER
from nornir import InitNornir
from nornir.core import Nornir
from nornir.core.filter import F
from nornir.core.inventory import Host, Hosts, Inventory
from nornir.core.task import MultiResult, Result, Task
from nornir.plugins.runners import SerialRunner

from tasks import cli
from tasks.output import OutputFolder
from tasks.render import render_device
from tasks.runner import ForkRunner, WorkerDiedError
from templates.bench import Bench
from topology.facts import Facts
from topology.network import Network, directory, load
from topology.problems import InventoryError

REFERENCE = Path(__file__).parents[2] / "inventory" / "guiyang"


@pytest.fixture(scope="module")
def nornir() -> Nornir:
    return InitNornir(inventory={"plugin": "GovnetInventory", "options": {"path": str(REFERENCE)}}, logging={"enabled": False})


@pytest.fixture(scope="module")
def network() -> Network:
    return load(REFERENCE)


@pytest.fixture(scope="module")
def facts(network: Network) -> Facts:
    return network.facts


def test_every_configured_device_is_a_host(nornir: Nornir, facts: Facts) -> None:
    assert set(nornir.inventory.hosts) == {device.name for device in facts.devices if device.rendered}


def test_host_names_are_the_management_addresses(nornir: Nornir, network: Network) -> None:
    for name, host in nornir.inventory.hosts.items():
        assert IPv4(host.hostname) == str(network.design.device(name).management.address.ip)
        assert host.platform in CLASS_MAPPER


def IPv4(text: str | None) -> str:  # noqa: N802 - reads as what it makes sure of
    assert text is not None
    assert text.count(".") == 3
    return text


def test_the_short_way_to_the_addresses_leads_to_the_same(tmp_path: Path) -> None:
    assert cli.main(["init", str(tmp_path / "small")]) == 0
    for city in (REFERENCE, tmp_path / "small"):
        whole, short = load(city), directory(city)
        assert short.managed_at == {name: address.ip for name, address in whole.design.managed_at.items()}
        assert short.facts == whole.facts


def test_addresses_are_unique_on_each_side(nornir: Nornir) -> None:
    places = [(host["realm"], host.hostname) for host in nornir.inventory.hosts.values()]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (F(realm="outer") & F(county="qingzhen"), 27),
        (F(groups__contains="realm_inner") & F(role="core"), 2),
        (F(groups__contains="tier_township") & F(groups__contains="county_qingzhen") & F(role="township-router"), 12),
        (F(role="host-unit"), 4),
        (F(platform="huawei") & F(role="egress-firewall"), 2),
        (F(groups__contains="platform_huawei_usg") & F(role="egress-firewall"), 2),
        (~F(realm="outer") & ~F(realm="inner"), 0),
    ],
)
def test_filters(nornir: Nornir, query: F, count: int) -> None:
    assert len(nornir.filter(query).inventory.hosts) == count


def test_data_and_design_of_a_host(nornir: Nornir) -> None:
    host = nornir.inventory.hosts["gy-o-qingzhen-hongfenghu-r1"]
    keys = {"realm", "tier", "role", "county", "site", "model", "platform", "management", "name_zh", "name_en"}
    assert keys <= set(host.keys())
    assert (host["name_zh"], host["name_en"], host["site"]) == ("红枫湖镇", "Hongfenghu Town", "qingzhen/hongfenghu")
    assert "design" not in host.data
    design = host["design"]
    assert design.hostname == host.name
    assert host["design"] is design
    assert host["city"] == "guiyang"
    with pytest.raises(KeyError):
        host["nonsense"]


def test_connection_options_have_the_name_of_napalm(nornir: Nornir) -> None:
    host = nornir.filter(F(groups__contains="platform_cisco_ios")).inventory.hosts.popitem()[1]
    assert host.get_connection_parameters("napalm").platform == "ios"
    assert host.get_connection_parameters("netmiko").platform == "cisco_ios"


def test_a_broken_inventory_tells_all_its_problems(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text("city: 1\n")
    with pytest.raises(InventoryError):
        InitNornir(inventory={"plugin": "GovnetInventory", "options": {"path": str(tmp_path)}}, logging={"enabled": False})


def test_rendering_as_a_task_of_anybody(nornir: Nornir, tmp_path: Path) -> None:
    """A dry run tells what would change, a run writes it, a second run changes nothing."""
    some = nornir.filter(F(county="xifeng") & F(role="county-router")).with_runner(SerialRunner())
    with OutputFolder(tmp_path / "b") as output:
        some.data.dry_run = True
        dry = some.run(render_device, bench=Bench(), output=output)
        some.data.dry_run = False
        wet = some.run(render_device, bench=Bench(), output=output)
        output.commit({file.path: file.sha256 for result in wet.values() for file in (*result[0].result.configs, *result[0].result.others)})
    with OutputFolder(tmp_path / "b") as output:
        again = some.run(render_device, bench=Bench(), output=output)
    assert all(result[0].changed and f"+sysname {name}" in result[0].diff for name, result in dry.items() if "sysname" in result[0].diff)
    assert all(result[0].diff.startswith("--- ") for result in dry.values())
    assert all(result[0].changed for result in wet.values())
    assert not any(result[0].changed for result in again.values())
    assert len(list((tmp_path / "b" / "configs").iterdir())) == len(wet)


def hosts(count: int) -> Inventory:
    return Inventory(Hosts({f"h{number}": Host(f"h{number}") for number in range(count)}))


def who(task: Task) -> Result:
    return Result(task.host, result=(task.host.name, os.getpid()), changed=task.host.name == "h1", diff="d")


def test_forked_hosts_come_back_in_order_with_all_they_returned() -> None:
    seen: list[MultiResult] = []
    results = Nornir(hosts(20), runner=ForkRunner(2, seen.append)).run(who)
    assert list(results) == [f"h{number}" for number in range(20)]
    assert all(result[0].result[0] == name == str(result[0].host) for name, result in results.items())
    assert [name for name, result in results.items() if result.changed] == ["h1"]
    pids = {result[0].result[1] for result in results.values()}
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert len(seen) == 20


def test_few_hosts_stay_in_this_process() -> None:
    assert {result[0].result[1] for result in Nornir(hosts(3), runner=ForkRunner(2)).run(who).values()} == {os.getpid()}


def fails(task: Task) -> Result:
    match task.host.name:
        case "h0":
            raise OSError(28, "No space left on device", "file")
        case "h1":
            return Result(task.host, result=lambda: None)
        case "h2":
            task.run(who)
    return Result(task.host)


def test_what_a_host_raises_comes_back_and_what_cannot_travel_is_said() -> None:
    results = Nornir(hosts(10), runner=ForkRunner(2)).run(fails)
    error = results["h0"][0].exception
    assert isinstance(error, OSError)
    assert (error.errno, error.filename) == (28, "file")
    assert "cannot leave its process" in str(results["h1"][0].exception)
    assert [result.name for result in results["h2"]] == ["fails", "who"]
    assert set(results.failed_hosts) == {"h0", "h1"}


def dies(task: Task) -> Result:
    os._exit(9)


def test_a_worker_that_is_killed_is_an_error() -> None:
    with pytest.raises(WorkerDiedError):
        Nornir(hosts(10), runner=ForkRunner(2)).run(dies)
