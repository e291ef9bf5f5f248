"""Parties and their networks, of the municipal centre first, then of the counties, then what runs across them."""

from __future__ import annotations

from topology.build.agencies import build_agencies
from topology.build.centre import build_pairs, build_segments, build_zone
from topology.build.checks import check_centre
from topology.build.context import Build
from topology.build.counties import build_county
from topology.build.device_networks import build_device_networks, build_externals
from topology.build.members import build_members


def build_networks(build: Build) -> None:
    """Fills `lans`, `parties`, `zones`, `pairs`."""
    for side in build.intent.realms:
        municipal = side.municipal
        build_pairs(build, side, municipal)
        build_segments(build, side, municipal)
        for slug, zone in municipal.zones.items():
            build_zone(build, side, municipal, slug, zone)
        build_agencies(build, side, municipal.slug, municipal.agencies, municipal.retired_agencies, None, None)
        for county in side.counties:
            build_county(build, side, county)
        build_members(build, side)
        build_device_networks(build, side, municipal)
        build_externals(build, side)
        check_centre(build, side)
