"""Rows, totals, sums over groups and what is alive, over random networks against a count of what the spec says."""

import json
import random
import sys
from fractions import Fraction
from math import prod
from types import SimpleNamespace

import pytest

import cnncalc
from cnncalc.analysis.doubts import doubts_about
from cnncalc.counting.liveness import live_sets
from cnncalc.counting.propagate import propagate
from cnncalc.counting.receptive_field import receptive_fields
from cnncalc.counting.rows import fold
from cnncalc.dims import DimError
from cnncalc.errors import SpecError, UsageError
from cnncalc.reading.expressions.rational import split

SIDE = 4
NUMBERS = ("weights", "biases", "buffers", "macs", "flops", "activations")
BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}


def conv(channels, draw):
    """A convolution that keeps the side, and its numbers."""
    out, kernel, bias = draw.randint(1, 5), draw.choice([1, 3]), draw.random() < 0.5
    item = {
        "type": "conv2d",
        "out_channels": out,
        "kernel_size": kernel,
        "padding": kernel // 2,
        "bias": bias,
    }
    cells, weights = out * SIDE**2, out * channels * kernel**2
    macs = weights * SIDE**2
    return item, (weights, out * bias, 0, macs, 2 * macs + cells * bias, cells), out


def norm(channels, draw):
    cells = channels * SIDE**2
    affine = draw.random() < 0.5
    item = {"type": "batchnorm2d", "affine": affine}
    return item, (channels * affine, channels * affine, 2 * channels, 0, None, cells), channels


def opaque(channels, draw):
    params, biases, macs = draw.randint(5, 9), draw.randint(0, 5), draw.randint(0, 9)
    item = {"type": "opaque", "params": params, "biases": biases, "macs": macs}
    flops = draw.choice([None, 2 * macs + 3])
    if flops is not None:
        item["flops"] = flops
    return item, (params - biases, biases, 0, macs, flops or 0, channels * SIDE**2), channels


def network(draw):
    """A spec, and for each layer what must be counted: its path, what it reads, its numbers, and whether it trains only."""
    layers, expected, channels, before = [], [], {"input": draw.randint(1, 4)}, "input"
    for number in range(draw.randint(1, 5)):
        name, train = f"g{number}", draw.random() < 0.3
        reads = draw.choice([p for p in channels if p != "none"])
        group = {"name": name, "from": reads, "layers": []} | ({"train_only": True} if train else {})
        width, last = channels[reads], before if reads == before else reads
        for index in range(draw.randint(1, 3)):
            item, numbers, width = draw.choice([conv, norm, opaque])(width, draw)
            group["layers"].append({**item, "name": f"n{index}"})
            expected.append((f"{name}.n{index}", item["type"], last, width, numbers, train, None, item))
            last = f"{name}.n{index}"
        layers.append(group)
        if not train:
            channels[last] = width
            before = last
        if draw.random() < 0.3 and channels[reads] == channels.get(reads):
            twin = {"share": name, "name": f"t{number}", "from": reads} | (
                {"train_only": True} if train else {}
            )
            layers.append(twin)
            own = [e for e in expected if e[0].startswith(name + ".")]
            source = reads
            for path, kind, _, width, numbers, _, _, item in own:
                again = path.replace(name, f"t{number}", 1)
                expected.append((again, kind, source, width, (0, 0, 0, *numbers[3:]), train, path, item))
                source = again
            if not train:
                channels[source] = width
                before = source
    kept = [path for path in channels if path != "input"]
    spec = {"input": [channels["input"], SIDE, SIDE], "layers": layers}
    if kept and draw.random() < 0.6:
        spec["output"] = draw.sample(kept, draw.randint(1, min(2, len(kept))))
    return spec, expected


def networks(count):
    draw = random.Random(8)
    while count:
        spec, expected = network(draw)
        dtype, batch = draw.choice(list(BYTES)), draw.randint(1, 3)
        try:
            yield cnncalc.load(spec).summary(batch=batch, dtype=dtype), expected, dtype, batch
        except SpecError:
            continue
        count -= 1


def test_rows_totals_and_groups():
    seen = set()
    for report, expected, dtype, batch in networks(60):
        assert (report.dtype, report.batch, len(report)) == (dtype, batch, len(expected))
        assert list(report) == list(report.rows)
        flops = {row.path: row.flops for row in report}
        found = receptive_fields(report.graph)
        fields = {node.path: found[node.number] for node in report.graph.nodes}
        for row, (path, kind, reads, width, numbers, train, twin, item) in zip(report, expected, strict=True):
            assert (row.path, row.type, row.inputs, row.output) == (path, kind, (reads,), (width, SIDE, SIDE))
            assert (row.train_only, row.shared_with) == (train, twin)
            assert row.partial == (kind == "opaque" and "flops" not in item)
            found = [getattr(row, number) for number in NUMBERS]
            assert found == [flops[path] if n is None else n for n in numbers], path
            assert row.params == numbers[0] + numbers[1]
            assert report[path] is row
            assert row.receptive_field == fields[path]
        check_totals(report, dtype, batch)
        for group in {path.split(".")[0] for path, *_ in expected}:
            seen |= check_group(report, group)
    assert seen == {"plain", "train_only", "shared", "partial"}


def check_totals(report, dtype, batch):
    totals, rows = report.totals, list(report)
    run = [row for row in rows if not row.train_only]
    for number in ("weights", "biases", "buffers"):
        assert getattr(totals, number) == sum(getattr(row, number) for row in rows)
    for number in ("macs", "flops"):
        assert getattr(totals, number) == sum(getattr(row, number) for row in run)
    assert totals.params == totals.weights + totals.biases
    assert totals.param_bytes == BYTES[dtype] * totals.params
    assert totals.activation_bytes == BYTES[dtype] * batch * sum(row.activations for row in run)
    assert totals.partial == any(row.partial for row in rows)
    cells = {"input": prod(report.inputs["input"]), **{row.path: prod(row.output) for row in rows}}
    stored = {row.path: row.params + row.buffers for row in rows}
    moved = sum(
        batch * (sum(cells[i] for i in row.inputs) + cells[row.path]) + stored[row.shared_with or row.path]
        for row in run
    )
    assert totals.bytes_moved == BYTES[dtype] * moved
    if run:
        assert Fraction(*split(totals.arithmetic_intensity)) == Fraction(
            batch * totals.flops, BYTES[dtype] * moved
        )
    else:
        assert totals.arithmetic_intensity is None
    alive = naive_live_sets(report)
    assert live_sets(report.graph) == alive
    assert totals.peak_activation_bytes == BYTES[dtype] * batch * max(alive)


def naive_live_sets(report):
    """What somebody still reads, or is asked for, at each step."""
    rows = [row for row in report if not row.train_only]
    sizes = {"input": prod(report.inputs["input"]), **{row.path: prod(row.output) for row in rows}}
    order, found = ["input", *(row.path for row in rows)], []
    for now, path in enumerate(order):
        needed = {
            path,
            *report.outputs,
            *(i for row in rows if order.index(row.path) >= now for i in row.inputs),
        }
        found.append(sum(sizes[p] for p in order[: now + 1] if p in needed))
    return found


def check_group(report, name):
    rows = [row for row in report if row.path.startswith(name + ".")]
    run = [row for row in rows if not row.train_only] or rows
    group = report[name]
    assert (group.path, group.output) == (name, rows[-1].output)
    for number in ("weights", "biases", "buffers"):
        assert getattr(group, number) == sum(getattr(row, number) for row in rows)
    for number in ("macs", "flops", "activations"):
        assert getattr(group, number) == sum(getattr(row, number) for row in run)
    assert group.inputs == rows[0].inputs
    assert group.receptive_field == run[-1].receptive_field
    assert group.train_only == rows[0].train_only
    assert group.partial == any(row.partial for row in rows)
    assert group.shared_with == (None if rows[0].shared_with is None else name.replace("t", "g"))
    seen = {"shared": group.shared_with, "partial": group.partial, "train_only": group.train_only}
    return {"plain", *(kind for kind, is_so in seen.items() if is_so)}


CONV = {"type": "conv2d", "out_channels": 2, "kernel_size": 1, "bias": True}
BATCHED = {"type": "batchnorm2d", "name": "n"}


def mixed():
    """A group of which a part is for training only, and which reads two tensors."""
    inside = [
        {**CONV, "name": "a"}, BATCHED, {"type": "add", "name": "s", "from": ["n", "stem", "n"]},
        {"name": "aux", "train_only": True, "layers": [{**CONV, "name": "a"}, {**BATCHED}, {"type": "opaque", "name": "o", "params": 4, "biases": 1}]},
    ]  # fmt: skip
    spec = {
        "name": "m",
        "input": [2, SIDE, SIDE],
        "layers": [{**CONV, "name": "stem"}, {"name": "g", "layers": inside}, "relu"],
    }
    return cnncalc.load(spec).summary()


def test_a_group_with_a_part_for_training():
    report = mixed()
    group, aux = report["g"], report["g.aux"]
    assert (group.type, group.inputs, group.output) == ("group", ("stem",), (2, SIDE, SIDE))
    assert (group.weights, group.biases, group.buffers) == (4 + 2 + 4 + 2 + 3, 2 + 2 + 2 + 2 + 1, 8)
    assert group.macs == 4 * 16
    assert group.activations == 3 * 32
    assert group.receptive_field == report["g.s"].receptive_field
    assert (group.train_only, group.partial, aux.train_only, aux.partial) == (False, True, True, True)
    assert (aux.macs, aux.activations) == (64, 96)
    assert aux.receptive_field == report["g.aux.o"].receptive_field
    assert report.totals.activation_bytes == 4 * 32 * 5
    assert report.totals.partial
    assert report.output == (2, SIDE, SIDE)
    empty = fold("e", "group", [], ())
    assert (empty.train_only, empty.partial, empty.receptive_field, empty.shared_with) == (
        False,
        False,
        None,
        None,
    )
    assert (empty.inputs, empty.params, empty.macs) == ((), 0, 0)
    assert fold("g.a", "x", [report["g.a"]], (7,))[:4] == ("g.a", "x", ("stem",), (7,))


def test_all_parameters_of_a_layer_are_counted_and_its_place_is_known():
    text = """
    input: [3, 8, 8]
    layers:
      - {type: conv2d, out_channels: 2, kernel_size: 3}
      - {type: separable_conv2d, out_channels: 5, kernel_size: 3, bias: true}
    """
    first, second = cnncalc.load(text).summary()
    assert (first.receptive_field.size, second.receptive_field.size) == ((3, 3), (5, 5))
    assert (first.place.mark.line, second.place.mark.line) == (3, 4)
    assert (second.weights, second.biases) == (2 * 9 + 2 * 5, 5)


def test_twins_are_said_where_every_layer_is_one():
    tower = {"name": "a", "layers": [{**CONV, "name": "c"}, {**CONV, "name": "d"}]}
    shared = lambda name, *paths: {"name": name, "layers": [{"share": p, "name": p[-1]} for p in paths]}
    report = cnncalc.load({"input": [2, SIDE, SIDE], "layers": [
        tower, shared("b", "a.c", "a.d"), {"name": "e", "layers": [{"share": "a.c", "name": "c"}, {**CONV, "name": "d"}]},
        {"name": "f", "layers": [{**CONV, "name": "c"}, {"share": "a.d", "name": "d"}]}, {"share": "a", "name": "h"},
    ]}).summary()  # fmt: skip
    assert {name: report[name].shared_with for name in "abefh"} == {
        "a": None,
        "b": "a",
        "e": None,
        "f": None,
        "h": "a",
    }


def test_the_batch_and_the_type_must_be_known():
    graph = mixed().graph
    usual = propagate(graph)
    assert (usual.batch, usual.dtype, usual.name) == (1, "float32", "m")
    assert usual.totals == propagate(graph, batch=1, dtype="float32").totals
    for name, size in BYTES.items():
        assert propagate(graph, dtype=name).totals.param_bytes == size * usual.totals.params
    for batch in (True, 0, -1, 1.5, "2", None):
        with pytest.raises(UsageError, match="positive integer"):
            propagate(graph, batch=batch)
    with pytest.raises(UsageError, match="unknown dtype"):
        propagate(graph, dtype="float31")
    np = pytest.importorskip("numpy")
    assert type(propagate(graph, batch=np.int64(2)).batch) is int


def test_outputs_and_inputs_of_a_report():
    spec = {
        "input": {"l": [1, 2, 2], "r": [2, 2, 2]},
        "output": ["a", "b"],
        "layers": [{**CONV, "name": "a", "from": "l"}, {"type": "concat", "name": "b", "from": ["a", "r"]}],
    }
    report = cnncalc.load(spec).summary()
    assert report.inputs == {"l": (1, 2, 2), "r": (2, 2, 2)}
    assert report.outputs == {"a": (2, 2, 2), "b": (4, 2, 2)}
    with pytest.raises(UsageError, match=r"several outputs, a, b: name one, as in a\.output"):
        _ = report.output
    for path in ("aa", "a.", ""):
        with pytest.raises(KeyError):
            report[path]


def test_names_that_are_near_are_named():
    report = mixed()
    for asked, meant in {"g.auxx": "g.aux", "stemm": "stem"}.items():
        with pytest.raises(KeyError, match=f"did you mean '{meant}'"):
            report[asked]


def test_what_a_report_says_of_free_sizes():
    def said(*layers, free=("H",), input=(2, "H", "W")):
        spec = {"vars": {"H": 8, "W": 8, "c": 7}, "input": list(input), "layers": list(layers)}
        return cnncalc.load(spec).summary(free=list(free))

    plain = said("relu")
    assert plain.free == ("H",)
    assert (plain.conditions, plain.validity) == ((), "Valid for every H (positive integers)")
    assert plain.totals.peak_activation_bytes is None
    assert (
        said("global_avgpool", "relu").totals.peak_activation_bytes is None
    )  # of which the last step is a number
    wide = said({**CONV, "kernel_size": 3})
    assert [str(c) for c in wide.conditions] == ["H >= 3"]
    assert wide.validity.startswith("Valid where H >= 3, for ")
    turned = [{"type": "permute", "dims": [0, 2, 1], "name": "p"}, {"type": "add", "from": ["p", "input"]}]
    both = said(*turned, {**CONV, "kernel_size": 2}, free=("H", "W"))
    assert both.free == ("H", "W")
    assert [str(c) for c in both.conditions] == ["H == W or H == 1 or W == 1", "H >= 2 or W >= 2"]
    hard = said({**CONV, "kernel_size": 3}, {"type": "reshape", "shape": [99_991, -1]})  # too large to solve
    assert [str(c) for c in hard.conditions] == ["H >= 8335", "(12*H) % 99991 == 24"]
    assert hard.validity == "Valid where H >= 8335 and (12*H) % 99991 == 24, for H (positive integers)"
    never = [
        {"type": "slice", "axis": 2, "start": 10, "stop": -4, "step": 2}, {"type": "upsample", "scale_factor": [2, 1]},
        {"type": "pixel_unshuffle", "downscale_factor": 3}, {"type": "channel_shuffle", "groups": 7},
    ]  # fmt: skip
    none = said(*never, free=("c", "H"), input=("c", "H", "H"))
    assert len(none.conditions) == 2
    assert none.validity == "Valid for no value of c and H (positive integers)"
    assert mixed().validity == ""


def test_a_size_that_cannot_be_counted_is_a_problem_with_a_place(monkeypatch):
    def macs(*_):
        raise DimError("H is not known")

    graph = mixed().graph
    monkeypatch.setattr(type(graph.nodes[1].layer), "macs", macs)
    with pytest.raises(SpecError) as caught:
        propagate(graph)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.place) == (
        "C306",
        "conv2d: H is not known",
        graph.nodes[1].place,
    )
    assert problem.help == "give the variable a number: it cannot stay free here"


def test_the_same_report_in_other_forms(monkeypatch):
    report = mixed()
    assert report.warnings == doubts_about(report.graph)
    assert report["g"].place is None
    assert "Counted: MACs are multiply-accumulates" in str(report)
    monkeypatch.setitem(sys.modules, "pandas", SimpleNamespace(DataFrame=list))
    assert report.to_pandas() == report.to_dict()["layers"]
    assert isinstance(report, cnncalc.Report)
    assert [layer["path"] for layer in report.to_dict()["layers"]] == [row.path for row in report]
    assert json.dumps(report.to_dict())
    assert report.to_csv().splitlines()[0] == "layer,type,output,weights,biases,params,macs"
    head, rule, first = [line.split() for line in str(report).splitlines()[1:4]]
    assert head == ["layer", "type", "output", "weights", "biases", "params", "MACs"]
    assert set("".join(rule)) == {"-"}
    assert first == ["stem", "conv2d", "2×4×4", "4", "2", "6", "64"]
    assert report.to_csv().splitlines()[1].startswith("stem,conv2d,")
    assert repr(report) == "<Report m: 8 layers, 30 params, 128 MACs>"
    assert "stem" in report._repr_html_()
