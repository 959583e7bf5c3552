"""A plugin of pytest: ``pytest -p cnncalc.testing.plugin --cnncalc-layers MODULE`` tests each layer type of a module.

``MODULE:CLASS`` names one type. In a ``conftest.py``: ``pytest_plugins = ["cnncalc.testing.plugin"]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

from cnncalc.layer import Layer
from cnncalc.registry import register, tag_of
from cnncalc.testing.laws import LAWS, Law


def pytest_addoption(parser: pytest.Parser) -> None:
    help = "module with layer types, or module:class; may be given several times"
    parser.addoption("--cnncalc-layers", action="append", default=[], metavar="MODULE", help=help)


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    for target in config.getoption("--cnncalc-layers"):
        for cls in _types(target):
            tag = tag_of(register(cls))
            applying = (law for law in LAWS if law.concerns(cls))
            items.extend(
                _LawItem.from_parent(session, name=f"{tag}[{law.name}]", law=law, layer=cls)
                for law in applying
            )


def _types(target: str) -> Iterator[type[Layer]]:
    name, _, wanted = target.partition(":")
    try:
        module = import_module(name)
    except ImportError as error:
        raise pytest.UsageError(f"--cnncalc-layers {target}: {error}") from error
    found = [
        cls
        for cls in vars(module).values()
        if tag_of(cls) is not None
        and (cls.__name__ == wanted if wanted else cls.__module__ == module.__name__)
    ]
    if not found:
        raise pytest.UsageError(f"--cnncalc-layers {target}: there is no layer type in it")
    yield from found


class _LawItem(pytest.Item):
    def __init__(self, *, law: Law, layer: type[Layer], **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.law, self.layer = law, layer

    def runtest(self) -> None:
        self.law(self.layer)

    def reportinfo(self) -> tuple[str, None, str]:
        return self.layer.__module__, None, self.name
