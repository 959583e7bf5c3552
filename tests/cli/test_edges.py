"""A picture has the edges of its network, no more and no fewer: read from the SVG and the Mermaid text themselves."""

import random
import re
import xml.etree.ElementTree as ET
from itertools import count

import pytest

import cnncalc
from cnncalc.reading.text.shipped import shipped_specs
from cnncalc.report import features, graphview

DEPTHS = (None, 1, 2, 3)
SAME = {"out_channels": 4, "kernel_size": 3, "padding": 1}


def numbers(text):
    return [float(n) for n in re.findall(r"-?[\d.]+", text)]


def read_svg(svg):
    """Paths with the left, top, right and foot of what is drawn for them, and edges with their two ends."""
    places, edges, latest = {}, [], None
    for element in ET.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "rect":
            latest = element.get("data-path")
            x, y, width, height = (float(element.get(n, 0)) for n in ("x", "y", "width", "height"))
            if latest is not None:
                assert latest not in places
                places[latest] = [x, y, x + width, y + height]
        elif tag == "polygon" and latest is not None:  # the roof and the side of a volume
            points = numbers(element.get("points"))
            for i, choose in enumerate((min, min, max, max)):
                places[latest][i] = choose(places[latest][i], *points[i % 2 :: 2])
        elif tag == "path":
            line, head = element.get("d")[1:].split("M")
            edges.append(
                (element.get("data-from"), element.get("data-to"), numbers(line)[:2], numbers(head)[2:4])
            )
    return places, edges


def read_mermaid(chart):
    names = dict(re.findall(r'^  (n\d+)\["(.*?)<br>', chart, re.MULTILINE))
    found = re.findall(r"^  (n\d+) -\.?-> (n\d+)$", chart, re.MULTILINE)
    return set(names.values()), [(names[a], names[b]) for a, b in found]


def wanted(graph, drawn, *, quiet):
    """The network's edges between what is drawn, from its nodes alone; a quiet layer stands where its input does."""
    homes = []
    for node in graph.nodes:
        parts = node.path.split(".")
        prefixes = [".".join(parts[:i]) for i in range(len(parts), 0, -1)]
        home = next((p for p in prefixes if p in drawn), None)
        if home is None:
            assert quiet, node.path
            (home,) = {homes[i] for i in node.inputs}
        homes.append(home)
    assert set(homes) == set(drawn)
    return {(homes[i], homes[n.number]) for n in graph.nodes for i in n.inputs} - {(h, h) for h in homes}


def touches(point, place):
    return place[0] - 0.2 <= point[0] <= place[2] + 0.2 and place[1] - 0.2 <= point[1] <= place[3] + 0.2


def compare(report, depth):
    for view in (graphview, features):
        picture, _ = view.draw(report, depth)
        places, edges = read_svg(picture.render())
        pairs = [(a, b) for a, b, _, _ in edges]
        assert len(pairs) == len(set(pairs))
        assert set(pairs) == wanted(report.graph, places, quiet=view is features)
        for a, b, start, end in edges:
            assert touches(start, places[a])
            assert touches(end, places[b])
    drawn, pairs = read_mermaid(graphview.mermaid(report, depth)[0])
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == wanted(report.graph, drawn, quiet=False)


@pytest.mark.parametrize("name", shipped_specs())
def test_shipped_networks(name):
    report = cnncalc.load(name).summary()
    for depth in DEPTHS:
        compare(report, depth)


class Inventor:
    """Networks of 4×8×8 tensors with branches, gates, skips, groups, blocks, heads, inputs and outputs at random."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.names = (f"x{i}" for i in count())

    def spec(self):
        draw = self.draw
        inputs = {f"in{i}": [4, 8, 8] for i in range(draw.randint(1, 3))}
        layers = [{"type": "add", "from": list(inputs), "name": "start"}]
        layers += self.items(draw.randint(2, 9), 3, known=[*inputs])
        names = [i["name"] for i in layers if isinstance(i, dict) and "name" in i and not i.get("train_only")]
        block = {"layers": [{"type": "add", "branches": [[], self.items(2, 1)]}]}
        last = {"type": "relu", "name": "last"}
        outputs = ["last", *draw.sample(names, draw.randint(0, min(2, len(names))))]
        return {
            "input": inputs,
            "blocks": {"res": block},
            "layers": [*layers, last],
            "output": list(dict.fromkeys(outputs)),
        }

    def items(self, many, deep, known=()):
        known, items = list(known), []
        for _ in range(many):
            item = self.item(deep, known)
            if isinstance(item, dict) and self.draw.random() < 0.7:
                item["name"] = next(self.names)
                if not item.get("train_only"):
                    known.append(item["name"])
            items.append(item)
        return items

    def item(self, deep, known):
        draw = self.draw
        makers = [self.layer, self.layer, self.quiet]
        makers += [self.skip] * 2 if known else []
        makers += [self.group, self.merge, self.gate, self.head, self.block] if deep else []
        return draw.choice(makers)(deep, known)

    def layer(self, deep, known):
        extra = [{}, {"norm": "batch"}, {"act": "relu"}, {"norm": "batch", "act": "relu"}]
        return {"type": "conv2d", **SAME, **self.draw.choice(extra)}

    def quiet(self, deep, known):
        return self.draw.choice(["relu", "dropout", "identity", "batchnorm2d"])

    def skip(self, deep, known):
        names = self.draw.sample(known, self.draw.randint(1, min(3, len(known))))
        return {"type": self.draw.choice(["add", "multiply"]), "from": [*names, "prev"]}

    def group(self, deep, known):
        repeat = {"repeat": self.draw.randint(2, 4)} if self.draw.random() < 0.3 else {}
        return {
            "layers": self.items(self.draw.randint(1, 4), deep - 1),
            "name": next(self.names),
            **repeat,
        }

    def merge(self, deep, known):
        branches = [self.items(self.draw.randint(0, 3), deep - 1) for _ in range(self.draw.randint(1, 4))]
        return {"type": "add", "branches": branches, **self.draw.choice([{}, {"act": "relu"}])}

    def gate(self, deep, known):
        squeeze = [
            "global_avgpool",
            {"type": "linear", "out_features": 4, "act": "sigmoid"},
            {"type": "reshape", "shape": [4, 1, 1]},
        ]
        return {"type": "multiply", "branches": [[], squeeze]}

    def head(self, deep, known):
        return {
            "train_only": True,
            "name": next(self.names),
            "layers": [*self.items(2, deep - 1), "flatten", {"type": "linear", "out_features": 3}],
        }

    def block(self, deep, known):
        return {"type": "res"} if deep > 1 else self.layer(deep, known)


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed):
    compare_invented(seed)


@pytest.mark.slow
def test_many_random_networks():
    for seed in range(40, 500):
        compare_invented(seed)


def compare_invented(seed):
    report = cnncalc.load(Inventor(seed).spec()).summary()
    for depth in DEPTHS:
        compare(report, depth)
