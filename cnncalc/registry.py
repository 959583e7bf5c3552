"""Finds layer types by name. The file of a type is its name without the rank: ``conv2d``, conv.py.

Only the types that a spec uses are imported; ``all_types`` imports the rest.
"""

from __future__ import annotations

import re
from importlib import import_module

from cnncalc.layer import Layer

_RANK = re.compile(r"[123]d\Z")


def layer_class(name: str) -> type[Layer] | None:
    """The layer type of this name, or None."""
    found = Layer.types.get(name)
    if found is None and name.isidentifier() and name.isascii():
        module = f"cnncalc.layers.{_RANK.sub('', name)}"
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
        found = Layer.types.get(name)
    return found


def all_types() -> dict[str, type[Layer]]:
    """Every layer type by name, in alphabetical order."""
    from pkgutil import iter_modules

    import cnncalc.layers

    for module in iter_modules(cnncalc.layers.__path__, "cnncalc.layers."):
        import_module(module.name)
    return dict(sorted(Layer.types.items()))
