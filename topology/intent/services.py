"""What a system is: `services/<slug>/service.yaml`. No address and no agency stands there; those are the inventory's."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from topology.facts import Level, Realm
from topology.intent.common import Names, ServicePort, Slug
from topology.node import Node


class RoleIntent(Node):
    """One kind of host; without ports it only calls others."""

    ports: tuple[ServicePort, ...] = ()
    name: Names


class NeedIntent(Node):
    """Hosts of role `from` open connections to hosts of another role."""

    source: Slug = Field(alias="from")
    service: Slug
    role: Slug


class ServiceChannelIntent(Node):
    """A kind of data that the system moves between its outer and inner instances through a gatekeeper."""

    name: Slug
    content: Names
    direction: Literal["inner-to-outer", "outer-to-inner"]
    kind: Literal["file", "db", "mail"]
    source: Slug = Field(alias="from")
    to: Slug
    level: Level = Level.INTERNAL


class ServiceIntent(Node):
    name: Names
    plan: str | tuple[str, ...]
    status: Literal["planned", "existing"]
    phase: Literal[1, 2]
    realms: tuple[Literal[Realm.OUTER, Realm.INNER], ...]
    classification: Level = Level.INTERNAL
    zone: Literal["exchange", "data", "pki", "office", "business", "public", "management"]
    roles: dict[Slug, RoleIntent]
    needs: tuple[NeedIntent, ...] = ()
    users: tuple[Slug, ...] = ()
    published: tuple[Slug, ...] = ()
    channels: tuple[ServiceChannelIntent, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        return (self.plan,) if isinstance(self.plan, str) else self.plan
