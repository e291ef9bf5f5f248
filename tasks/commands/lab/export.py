"""``govnet lab export``: a lab as a folder that containerlab deploys as it stands."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.output import OutputFolder, RefusedError
from tasks.selection import select
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from lab.images import ImageNode
    from lab.plan import LabPlan


@localized_command(
    "export",
    help=T(
        "Write a lab as containerlab's topology file, with the files that its nodes bind.\n\n"
        "containerlab deploys it as it stands, on this machine or another one; every node is without any network but the lab's links. With "
        "--images, devices run a vendor's image: their config is written for the chassis of that image, and the ports are listed."
    ),
)
@option(
    "--out", type=click.Path(path_type=Path), default=Path("build/lab"), show_default=True, metavar="DIR", help=T("The folder to write.")
)
@option(
    "--only",
    multiple=True,
    metavar="WHAT",
    help=T(
        "Only these devices: a name or pattern, or county=, realm=, tier=, role=, site=, platform= with a value. "
        "The same key twice widens, another key narrows. A county brings the municipal devices along."
    ),
)
@lab_option
@option(
    "--image", default="govnet/frr:local", show_default=True, metavar="IMAGE", help=T("The image of every node without a vendor's image.")
)
@option("--images", type=click.Path(path_type=Path), metavar="FILE", help=T("YAML: which devices run a vendor's image, and of which kind."))
@option(
    "--full-kernel",
    is_flag=True,
    help=T("The lab will run on a kernel with VRFs, dummies and bonds: put nothing in their place."),
)
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
@told
def command(
    settings: Settings,
    out: Path,
    only: tuple[str, ...],
    lab: str,
    image: str,
    images: Path | None,
    full_kernel: bool,
    as_json: bool,
) -> int:
    from lab.containerlab_files import export  # noqa: PLC0415 - not for --help

    try:
        plan, found = _planned(settings, only, lab, images, full_kernel)
        exported = export(plan, found, image)
        with OutputFolder(out) as output:
            written = [output.put(path, text) for path, text in sorted(exported.files.items())]
            output.commit({file.path: file.sha256 for file in written})
    except RefusedError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    topology = out / exported.topology
    if as_json:
        click.echo(json.dumps(_data(plan, found, topology, exported.without), ensure_ascii=False, indent=2))
    else:
        _show(settings, plan, found, topology, exported.without)
    return ExitCode.GOOD


def _planned(
    settings: Settings, only: Sequence[str], name: str, images: Path | None, full_kernel: bool
) -> "tuple[LabPlan, dict[str, ImageNode]]":
    """Raises InventoryError, RefusedError and LabError."""
    from lab.images import image_nodes  # noqa: PLC0415
    from lab.plan import Kernel  # noqa: PLC0415
    from lab.planning import plan, with_core  # noqa: PLC0415
    from lab.state import check_name  # noqa: PLC0415
    from topology.network import load  # noqa: PLC0415

    check_name(name)
    network = load(settings.city)
    devices = with_core(network.facts, select(network.facts, only), only)
    kernel = Kernel() if full_kernel else Kernel(vlan=False, vrf=False, dummy=False, bond=False)
    found = image_nodes(images, network, devices) if images is not None else {}
    return plan(network, name, devices, kernel, tuple(only)), found


def _data(plan: "LabPlan", images: "Mapping[str, ImageNode]", topology: Path, without: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "topology": str(topology),
        "nodes": len(plan.nodes),
        "links": len(plan.links),
        "bridges": len(plan.bridges),
        "replaced": [{"kind": each.kind, "device": each.device, "interfaces": each.interfaces} for each in plan.replaced],
        "images": [
            {
                "device": image.device,
                "kind": image.kind,
                "image": image.image,
                "platform": image.platform,
                "chassis": image.chassis,
                "ports": [{"device": port.ours, "image": port.image, "container": port.link} for port in image.ports],
            }
            for image in images.values()
        ],
        "not_connected": [{"device": device, "port": port} for device, port in without],
    }


def _show(
    settings: Settings, plan: "LabPlan", images: "Mapping[str, ImageNode]", topology: Path, without: Sequence[tuple[str, str]]
) -> None:
    lang = settings.lang
    summary = T(
        "{nodes} nodes, {links} links and {bridges} switched segments in {file}",
        nodes=len(plan.nodes),
        links=len(plan.links),
        bridges=len(plan.bridges),
        file=str(topology),
    )
    click.echo(summary.render(lang))
    if images:
        _show_ports(settings, images)
    for device, port in without:
        click.echo(
            T("{device}: {port} is not connected: its image has no socket for it that a lab can reach", device=device, port=port).render(
                lang
            )
        )
    click.echo(T("Start it: {command}", command=f"containerlab deploy -t {topology}").render(lang))


def _show_ports(settings: Settings, images: "Mapping[str, ImageNode]") -> None:
    from rich.table import Table  # noqa: PLC0415 - only who prints pays for rich

    table = Table()
    for title in (T("Device"), T("Image"), T("Port"), T("Port of the image"), T("Interface of the container")):
        table.add_column(title.render(settings.lang), overflow="fold")
    for image in images.values():
        for number, port in enumerate(image.ports):
            first = number == 0
            table.add_row(
                image.device if first else "", f"{image.image} ({image.kind})" if first else "", port.ours, port.image, port.link or "-"
            )
    settings.out.print(table)
