"""The whole report for programs, as `report.schema.json` describes it. Texts are in both languages, so it is the same for every reader."""

from __future__ import annotations

import json
from typing import Any

from isolation_checks.packets.fields import Packet
from isolation_checks.report.doubts import by_doubt
from isolation_checks.report.fingerprint import fingerprints
from isolation_checks.report.places import Places
from isolation_checks.report.words import counts
from isolation_checks.snapshot import Fragment, TcpFlag
from isolation_checks.verdicts import (
    ChainWitness,
    Doubt,
    ExceptionUse,
    Finding,
    PacketWitness,
    Place,
    Report,
    Result,
    RuleInfo,
    Step,
    Witness,
    ZoneMatrix,
)
from topology.facts import Approval, Name, RuleException
from topology.i18n import Text
from topology.origin import Origin

FORMAT, VERSION = "govnet-report", 1


def as_json(report: Report, places: Places, lang: str = "en") -> str:
    return json.dumps(as_data(report, places), ensure_ascii=False, indent=2) + "\n"


def as_data(report: Report, places: Places) -> dict[str, Any]:
    doubts = by_doubt(report)
    number_of = {doubt: number for number, (doubt, _) in enumerate(doubts)}
    return {
        "format": FORMAT,
        "version": VERSION,
        "govnet": places.version,
        "verdict": report.verdict.value,
        "city": {"slug": report.city, "name": {"zh": report.city_name_zh, "en": report.city_name_en}},
        "as_of": report.as_of.isoformat(),
        "inputs": report.inputs,
        "devices": report.devices,
        "lines": report.lines,
        "counts": {verdict.value: count for verdict, count in counts(report).items()},
        "failures": report.failures,
        "omitted": list(places.omitted),
        "results": [_result(result, places, number_of) for result in report.results],
        "doubts": [
            {"what": _text(doubt.what), "place": _place(doubt.place, places) if doubt.place else None, "rules": list(rules)}
            for doubt, rules in doubts
        ],
        "exceptions": [_use(use, places) for use in report.exceptions],
        "assumptions": [
            {
                "id": one.slug,
                "text": _name(one.text),
                "owner": one.owner,
                "owner_name": _name(places.names[one.owner]) if one.owner in places.names else None,
                "place": _place(one.origin, places),
            }
            for one in report.assumptions
        ],
        "coverage": [dict(row._asdict()) for row in report.coverage],
        "matrix": _matrix(report.matrix) if report.matrix else None,
    }


def rule_data(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.id,
        "family": rule.family,
        "title": _text(rule.title),
        "description": _text(rule.description),
        "source": [_text(source) for source in rule.source],
        "severity": rule.severity.value,
        "scope": rule.scope.value,
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.render("zh"), "en": text.render("en")}


def _name(name: Name) -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}


def _place(place: Place, places: Places) -> dict[str, Any]:
    data: dict[str, Any] = {
        "kind": "inventory" if isinstance(place, Origin) else "config",
        "file": place.file,
        "path": places.path(place),
        "line": place.line,
    }
    if isinstance(place, Origin):
        data["column"] = place.column
    return data | {"text": places.quote(place)}


def _result(result: Result, places: Places, number_of: dict[Doubt, int]) -> dict[str, Any]:
    names = fingerprints(result)

    def finding(one: Finding) -> dict[str, Any]:
        return _finding(one, names[id(one)], places)

    return {
        "rule": rule_data(result.rule),
        "verdict": result.verdict.value,
        "subjects": list(result.subjects),
        "findings": [finding(one) for one in result.findings],
        "excepted": [
            {
                "finding": finding(one.finding),
                "exception": _exception(one.exception, places),
                "approval": _approval(one.approval, places),
            }
            for one in result.excepted
        ],
        "doubts": [number_of[doubt] for doubt in result.doubts],
        "assumptions": list(result.assumptions),
        "notes": [
            {"subject": one.subject, "what": _text(one.what), "places": [_place(place, places) for place in one.places]}
            for one in result.notes
        ],
    }


def _finding(finding: Finding, fingerprint: str, places: Places) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint,
        "subject": finding.subject,
        "what": _text(finding.what),
        "fix": _text(finding.fix),
        "places": [_place(place, places) for place in finding.places],
        "inventory": [_place(origin, places) for origin in places.origins(finding)],
        "witness": _witness(finding.witness, places) if finding.witness else None,
    }


def _witness(witness: Witness, places: Places) -> dict[str, Any]:
    if isinstance(witness, ChainWitness):
        links = [
            {"a": link.a, "b": link.b, "over": _text(link.over), "place": _place(link.origin, places) if link.origin else None}
            for link in witness.links
        ]
        return {"kind": "chain", "links": links}
    return {
        "kind": "packet",
        "source": witness.source,
        "target": witness.target,
        "packet": packet_data(witness.packet),
        "count": str(witness.count),
        "replayed": witness.replayed,
        "arrives": witness.arrives,
        "steps": [_step(step, places) for step in witness.steps],
        "opened_by": _opener(witness.opened_by, places),
    }


def _opener(witness: PacketWitness | None, places: Places) -> dict[str, Any] | None:
    return _witness(witness, places) if witness else None


def _step(step: Step, places: Places) -> dict[str, Any]:
    return {
        "at": step.at,
        "what": _text(step.what),
        "place": _place(step.ref, places) if step.ref else None,
        "rewritten": packet_data(step.rewritten) if step.rewritten else None,
    }


def packet_data(packet: Packet) -> dict[str, Any]:
    def dotted(value: int) -> str:
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))

    return {
        "text": packet.text(),
        "src": dotted(packet.src),
        "dst": dotted(packet.dst),
        "protocol": packet.protocol,
        "sport": packet.sport,
        "dport": packet.dport,
        "flags": [flag.name for flag in TcpFlag if packet.flags & flag],
        "fragment": Fragment(packet.fragment).name.lower(),
    }


def _exception(exception: RuleException, places: Places) -> dict[str, Any]:
    return {
        "rule": exception.rule,
        "subject": exception.subject,
        "approval": exception.approval,
        "reason": _name(exception.reason),
        "place": _place(exception.origin, places),
    }


def _approval(approval: Approval, places: Places) -> dict[str, Any]:
    return {
        "id": approval.slug,
        "kind": approval.kind,
        "by": approval.by,
        "reference": approval.reference,
        "granted": approval.granted.isoformat(),
        "expires": approval.expires.isoformat(),
        "place": _place(approval.origin, places),
    }


def _use(use: ExceptionUse, places: Places) -> dict[str, Any]:
    return {
        "exception": _exception(use.exception, places),
        "approval": _approval(use.approval, places) if use.approval else None,
        "state": use.state.value,
        "findings": use.findings,
    }


def _matrix(matrix: ZoneMatrix) -> dict[str, Any]:
    return {
        "groups": [{"id": group, "title": _text(title)} for group, title in matrix.groups],
        "cells": [dict(cell._asdict()) for cell in matrix.cells],
    }
