"""A picture into a file: as SVG, or rasterized."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.report.svg import Picture

MOST_PIXELS, MOST_ARROWS = 16_000_000, 1_000  # of a .png: beyond, drawing it takes more than seconds


def refuse(path: str) -> None:
    """Raise for a file that no picture can be drawn into.

    Raises:
        UsageError: the suffix is not one of ``.svg`` and ``.png``, or the extra that rasterizes is missing.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".svg", ".png"):
        raise UsageError(f"cannot draw to '{path}': the file name must end in .svg or .png")
    if suffix == ".png":
        try:
            import resvg_py  # noqa: F401
        except ImportError:
            raise UsageError("a .png needs resvg: pip install 'cnncalc[png]'; .svg needs nothing") from None


def save(picture: Picture, path: str) -> str | None:
    """Write a picture as ``.svg`` or ``.png``; what there is to say about it.

    Raises:
        UsageError: ``refuse`` refuses the file, the picture is too large for a ``.png``, or the file cannot be written.
    """
    from cnncalc.files import write_atomically

    refuse(path)
    svg, note = picture.render(), None
    if Path(path).suffix.lower() == ".png":
        import resvg_py

        if picture.arrows > MOST_ARROWS:
            edges = f"the picture has {picture.arrows:,} edges, but a .png can have at most {MOST_ARROWS:,}"
            raise UsageError(f"{edges}: draw it as .svg, or fold it with a smaller --depth")
        zoom = min(2.0, (MOST_PIXELS / (picture.width * picture.height)) ** 0.5)
        if zoom < 1:
            note = (
                f"the picture is scaled down to {zoom:.2g} of its size, to stay within {MOST_PIXELS:,} pixels; an .svg has no such "
                "limit"
            )
        data = bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))
    else:
        data = f"{svg}\n".encode()
    write_atomically(path, data)
    return note
