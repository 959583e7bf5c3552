"""Finds layer types by name. The file of a type is its name without the rank: ``conv2d``, conv.py.

Only the types that a spec uses are imported; ``all_types`` imports the rest. Types of other packages enter the table by
``register``, or are announced by an entry point: ``[project.entry-points."cnncalc.layers"]``, ``lppool2d =
"shop.layers:LpPool2d"``. Entry points are read only for a name that is not known otherwise, because that takes longer
than a start.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TypeVar

from cnncalc.errors import UsageError
from cnncalc.layer import Layer

GROUP = "cnncalc.layers"
_RANK = re.compile(r"[123]d\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_Type = TypeVar("_Type", bound=type[Layer])


def layer_class(name: str) -> type[Layer] | None:
    """Return the layer type of this name, one of our own or a registered one; None if there is none."""
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


def known_class(name: str) -> type[Layer] | None:
    """Return the layer type of this name, also one that an installed package announces.

    Raises:
        UsageError: the package's type cannot be loaded, or is not a layer type of this name.
    """
    return layer_class(name) or next((_loaded(*found) for found in _announced() if found[0] == name), None)


def all_types() -> dict[str, type[Layer]]:
    """Return every layer type by name, in alphabetical order: our own, registered ones, those of installed packages."""
    from pkgutil import iter_modules

    import cnncalc.layers

    for module in iter_modules(cnncalc.layers.__path__, "cnncalc.layers."):
        import_module(module.name)
    for name, target, package in _announced():
        if name not in Layer.types:
            _loaded(name, target, package)
    return dict(sorted(Layer.types.items()))


def register(cls: _Type) -> _Type:
    """Make a layer type of your own known by its ``type``, so that specs can use it; can be used as a decorator.

    A class of the same module and name takes the place of an earlier one, as when a notebook's cell is run again.

    Raises:
        TypeError: it is not a concrete layer type: a subclass of ``Layer`` with a ``type`` and every rule.
        ValueError: the name is not an identifier, or belongs to another type.
    """
    tag = tag_of(cls)
    if tag is None:
        raise TypeError(
            f'{cls!r} is not a layer type: it needs cnncalc.Layer and type: Literal["..."] = "..."'
        )
    missing = sorted(cls.__abstractmethods__)
    if missing:
        raise TypeError(f"the layer type {tag} lacks {', '.join(missing)}")
    if not _NAME.match(tag) or tag in ("group", "input"):
        raise ValueError(f"a layer type cannot be called {tag!r}")
    known = layer_class(tag)
    if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
        raise ValueError(f"the layer type {tag} exists already: {known.__module__}.{known.__qualname__}")
    Layer.types[tag] = cls
    return cls


def tag_of(cls: object) -> str | None:
    """Return the name by which specs know a class, if it is a concrete layer type."""
    if not (isinstance(cls, type) and issubclass(cls, Layer)):
        return None
    tag = cls.model_fields["type"].default
    return tag if isinstance(tag, str) else None


def _announced() -> list[tuple[str, str, str]]:
    """Return name, target and package of the layer types that installed packages announce."""
    from importlib.metadata import entry_points

    points = entry_points(group=GROUP)
    return [(point.name, point.value, point.dist.name if point.dist else "?") for point in points]


def _loaded(name: str, target: str, package: str) -> type[Layer]:
    where = f"the layer type '{name}' of the package {package} ({target})"
    module, _, attribute = target.partition(":")
    try:
        cls: type[Layer] = register(getattr(import_module(module), attribute))
        if Layer.types.get(name) is not cls:
            raise ValueError(f"it is called {tag_of(cls)!r} itself")
    except Exception as error:
        raise UsageError(f"{where} cannot be loaded: {type(error).__name__}: {error}") from error
    return cls
