"""Rendering one device, or refusing: what the platform cannot do is a problem of the inventory, not a traceback."""

from __future__ import annotations

from templates.engine import Rendered, Renderer, TemplateFailure
from templates.features import refusals
from templates.platforms import Platforms
from topology.design import DeviceDesign
from topology.problems import InventoryError


class Bench:
    """What renders: the platforms' facts and the templates, compiled as they are needed."""

    def __init__(self) -> None:
        self.platforms = Platforms()
        self._renderer = Renderer(self.platforms)

    def render(self, design: DeviceDesign, platform: str | None = None) -> Rendered:
        """Raises InventoryError for everything that the platform cannot do, and for a template that fails."""
        refused = refusals(design, self.platforms.of(design, platform))
        if refused:
            raise InventoryError(refused)
        try:
            return self._renderer.render(design, platform)
        except TemplateFailure as failure:
            raise InventoryError([failure.problem]) from failure
