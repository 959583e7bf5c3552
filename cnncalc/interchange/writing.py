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
