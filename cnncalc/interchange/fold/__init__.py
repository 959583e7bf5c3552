"""A network as a person would have written it: norms and activations attached, branches nested, blocks with parameters.

``folded`` proves what it writes: the text is read, and must be the same network, node by node, for every value of the
free variables. What cannot be proven is not folded.
"""

from cnncalc.interchange.fold.proof import digest, same
from cnncalc.interchange.fold.whole import folded

__all__ = ["digest", "folded", "same"]
