"""A spec as text: YAML with a layer a line, or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_json(document: Mapping[str, Any]) -> str:
    """A spec that reads back as ``document``, as JSON."""
    return json.dumps(document, indent=2)


def as_yaml(document: Mapping[str, Any]) -> str:
    """A spec that reads back as ``document``, as YAML."""
    lines = []
    for key, value in document.items():
        if key == "layers" and value:
            lines += ["layers:", *(f"  - {_flow(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines)


def _flow(value: Any) -> str:
    text = _dumped(value, plain=True)
    return text if text.isprintable() else _dumped(value, plain=False)


def _dumped(value: Any, *, plain: bool) -> str:
    """One line of YAML; what is not ASCII stands as it is, or as escapes in quotes."""
    import yaml

    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=plain, width=float("inf")
    )
    return text.removesuffix("\n").removesuffix("\n...")


def as_house_yaml(document: Mapping[str, Any]) -> str:
    """A spec as a person writes it: a layer a line, branches and bodies of blocks below what they belong to."""
    lines: list[str] = []
    for key, value in document.items():
        if key == "layers" and value:
            lines += ["layers:", *_listed(value, "  ")]
        elif key == "blocks":
            lines.append("blocks:")
            for name, block in value.items():
                lines.append(f"  {name}:")
                lines += [f"    {k}: {_flow(v)}" for k, v in block.items() if k != "layers"]
                lines += ["    layers:", *_listed(block["layers"], "      ")]
        elif key == "defaults":
            lines += ["defaults:", *(f"  {kind}: {_flow(fields)}" for kind, fields in value.items())]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines)


def _listed(items: list[Any], indent: str) -> list[str]:
    """Return the lines of a list of items."""
    lines: list[str] = []
    for item in items:
        if not (isinstance(item, Mapping) and item.get("branches")):
            lines.append(f"{indent}- {_flow(item)}")
            continue
        head = {key: value for key, value in item.items() if key != "branches"}
        start = True
        for key, value in head.items():
            lines.append(f"{indent}{'- ' if start else '  '}{key}: {_flow(value)}")
            start = False
        lines.append(f"{indent}  branches:")
        for branch in item["branches"]:
            inner = _listed(branch, indent + "      ")
            lines += (
                [f"{indent}    - []"] if not branch else [f"{indent}    - {inner[0].lstrip()}", *inner[1:]]
            )
    return lines
