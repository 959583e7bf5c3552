"""Random items with everything an item may have, nested: what builds is one network, however it is asked."""

from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.errors import SpecError
from cnncalc.interchange.flat import unrolled
from cnncalc.report.rows import folded
from tests.examples import examples

NAMES = st.sampled_from(["p", "p.0", "q", "q.r", "s", "t", "t.1", "u"])
NORMED = {"norm": st.sampled_from(["batch", "none"]), "act": st.just("relu")}
REPEAT = st.sampled_from([0, 1, 2, 3, "n"])
COMMON = {
    "name": st.text("abcdefgh", min_size=2, max_size=4),
    "repeat": REPEAT,
    "when": st.sampled_from([True, "n > 1", "channels > 4", "c != 8"]),
    "train_only": st.booleans(),
    "from": NAMES,
}


def item(required, optional=None, **first):
    """An item; now and then with each of what it may have beside."""
    plain = st.fixed_dictionaries({k: st.just(v) if isinstance(v, str) else v for k, v in required.items()})
    beside = st.fixed_dictionaries({}, optional={**COMMON, **(optional or {})})
    changed = st.fixed_dictionaries({"repeat": REPEAT, "first": st.fixed_dictionaries({}, optional=first)})
    more = [st.just({}), beside, changed] if first else [st.just({}), beside]
    return st.builds(lambda a, b: {**b, **a}, plain, st.one_of(more))


WIDTH = st.sampled_from([4, 8, "c", "2*c", "channels", "max(channels, 4)"])
LEAVES = st.one_of(
    item({"type": "conv2d", "out_channels": WIDTH, "kernel_size": st.sampled_from([1, 3]), "padding": "half"},
         NORMED, out_channels=WIDTH, act=st.just("tanh")),
    item({"type": st.sampled_from(["relu", "batchnorm2d", "dropout"])}),
    item({"type": "maxpool2d", "kernel_size": st.just(2)}),
    item({"type": "unit", "k": st.sampled_from([2, "c"])}, k=st.just(3)),
    item({"share": NAMES}),
    item({"type": st.sampled_from(["add", "concat"]), "from": st.lists(NAMES, min_size=1, max_size=2)}),
)  # fmt: skip


def nested(items):
    lists = st.lists(items, max_size=3)
    branches = st.lists(lists, min_size=1, max_size=3)
    merges = st.sampled_from(["add", "multiply", "concat"])
    return st.one_of(
        item({"layers": lists}), item({"type": merges, "branches": branches}, NORMED, act=st.just("relu"))
    )


UNIT = [
    {"type": "conv2d", "out_channels": "k", "kernel_size": 1},
    {
        "type": "concat",
        "repeat": 2,
        "branches": [[], [{"type": "conv2d", "out_channels": "k", "kernel_size": 1}]],
    },
]
DOCUMENT = {
    "vars": {"n": 2, "c": 8},
    "input": [4, 12, 12],
    "blocks": {"unit": {"params": {"k": "int"}, "layers": UNIT}},
}
CONV = {"type": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": "half"}
BEFORE = [
    {**CONV, "name": "p", "repeat": 2, "norm": "batch"},
    {"name": "q", "layers": [{**CONV, "name": "r"}, "relu"]},
    {"type": "add", "name": "s", "branches": [[], [CONV, "relu"]]},
    {"type": "add", "name": "t", "repeat": "n", "first": {"act": "relu"}, "branches": [[], [CONV]]},
    {"type": "unit", "name": "u", "k": 4},
]
NETWORKS = st.lists(st.recursive(LEAVES, nested, max_leaves=6), min_size=1, max_size=4)


@examples(50)
@given(NETWORKS)
def test_what_builds_is_one_network(layers):
    try:
        net = cnncalc.load({**DOCUMENT, "layers": [*BEFORE, *layers]})
        report = net.summary()
    except SpecError:
        return
    totals = report.totals

    assert len({row.path for row in report}) == len(report)
    assert net.verify().agrees
    assert all(row.params == 0 for row in report if row.shared_with is not None)
    for depth in range(1, 5):
        rows = folded(report, depth)
        assert sum(row.params for row in rows) == totals.params
        assert sum(row.macs for row in rows if not row.train_only) >= totals.macs
    again = cnncalc.load(unrolled(report.graph, {})).summary().totals
    assert again == totals
