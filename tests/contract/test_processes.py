"""Networks, answers and errors are sent between processes, copied, and used by several threads at once."""

import copy
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import cnncalc

NET = """\
name: a little of everything
vars:
  H: {default: 32, multiple_of: 8}
  c: 8
  w: {default: 1.0, values: [0.5, 1.0, 1.5]}
  wide: true
  widths: [8, 16]
input: [3, H, H]
defaults: {conv2d: {bias: false}}
blocks:
  stage:
    params: {out: 8}
    layers:
      - {type: conv2d, out_channels: "floor(out*w)", kernel_size: 3, stride: 2, padding: 1, norm: batch, act: relu}
      - {type: add, from: [conv2d_1, conv2d_1]}  # cnncalc: ignore[W3]
layers:
  - {type: stage, name: first, out: "c if wide else 2*c"}
  - {type: stage, name: second, out: "widths[1]"}
  - {type: global_avgpool}
  - {type: linear, out_features: 10}
"""
WRONG = "name: wrong\ninput: [3, 8, 8]\nlayers:\n  - {type: conv2d, kernel_size: 9, out_channels: 2}\n  - {type: relu, inplace: 3}\n"


def _error(function, *args):
    with pytest.raises(Exception) as caught:
        function(*args)
    return caught.value


def _misfit():
    return cnncalc.load(
        "name: x\ninput: [3, 8, 8]\nlayers: [{type: conv2d, kernel_size: 9, out_channels: 2}]"
    ).summary()


MADE = {
    "network": lambda: cnncalc.load(NET),
    "numbers": lambda: cnncalc.load(NET).summary(),
    "symbols": lambda: cnncalc.load(NET).summary(free=["H", "w"], over={"c": [8, 16, 24]}),
    "solution": lambda: cnncalc.solve(cnncalc.load("unet_padded"), ["H", "W"], where="output[1] >= 2*W - 200"),
    "explanation": lambda: cnncalc.explain(cnncalc.load(NET).summary(free="H"), "second.conv2d_1"),
    "diff": lambda: cnncalc.diff(cnncalc.load(NET).summary(free="H"), cnncalc.load("lenet5").summary()),
    "verification": lambda: cnncalc.load(NET).verify(),
    "compiled": lambda: cnncalc.load(NET).compile("params", "macs", "peak_activations", free=["H", "w"]),
    "row": lambda: cnncalc.load(NET).summary()["second.conv2d_1"],
    "receptive field": lambda: cnncalc.load(NET).summary()["second.conv2d_1"].receptive_field,
    "totals": lambda: cnncalc.load(NET).summary(free=["H", "w"]).totals,
    "size": lambda: cnncalc.parse_size("(H + 31)//32*W"),
    "valid values": lambda: cnncalc.solve(cnncalc.load("unet_padded")).sets["H"],
    "layer": lambda: cnncalc.load(NET).graph().nodes[1].layer,
    "result": lambda: cnncalc.check(WRONG),
    "problem": lambda: cnncalc.check(WRONG).problems[0],
    "sweep": lambda: cnncalc.sweep(cnncalc.load(NET), {"w": [0.5, 1.5], "H": "32:64:8"}),
    "picture": lambda: cnncalc.draw(cnncalc.load(NET).summary()),
    "undecided": lambda: _error(bool, cnncalc.parse_size("H") - 8),
    "symbol": lambda: _error(divmod, cnncalc.parse_size("H"), 0),
    "problems": lambda: _error(cnncalc.load, WRONG),
    "misfit": lambda: _error(_misfit),
    "usage": lambda: _error(cnncalc.load, "nothing_of_this_name"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy, copy.copy])
def test_what_is_copied_is_what_it_was(kind, again):
    before = MADE[kind]()
    after = again(before)
    assert type(after) is type(before)
    assert (str(after), repr(after)) == (str(before), repr(before))


def test_a_copy_answers_as_the_original():
    network = copy.deepcopy(pickle.loads(pickle.dumps(cnncalc.load(NET))))
    one, two = network.summary(free="H"), cnncalc.load(NET).summary(free="H")
    assert one.to_dict() == two.to_dict()
    assert pickle.loads(pickle.dumps(one))["second.conv2d_1"].output == two["second.conv2d_1"].output
    function = pickle.loads(pickle.dumps(network.compile("params", "macs", free=["H", "w"])))
    assert function(np.array([16, 32]), 0.5)[1].tolist() == [
        network.summary(set={"H": size, "w": 0.5}).totals.macs for size in (16, 32)
    ]
    with pytest.raises(ValueError, match="not among"):
        function(16, 0.51)


def test_a_network_keeps_what_its_spec_silences():
    report = pickle.loads(pickle.dumps(cnncalc.load(NET).summary()))
    assert report.warnings == cnncalc.load(NET).summary().warnings


def test_an_error_keeps_its_problems_and_its_kind():
    error = pickle.loads(pickle.dumps(_error(cnncalc.load, WRONG)))
    assert isinstance(error, cnncalc.SpecError)
    assert error.problems == _error(cnncalc.load, WRONG).problems
    usage = pickle.loads(pickle.dumps(_error(cnncalc.load, "nothing_of_this_name")))
    assert (type(usage).__name__, usage.exit_code) == ("UsageError", 2)


def test_symbols_of_another_process_are_those_of_this_one():
    """Texts hash differently in each process: an atom that kept its hash would not be found again."""
    dump = "import cnncalc, pickle, sys; sys.stdout.buffer.write(pickle.dumps(cnncalc.load('unet_padded').summary(free=['H', 'W'])))"
    for seed in "12":
        ran = subprocess.run(
            [sys.executable, "-c", dump], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )  # fmt: skip
        there, here = pickle.loads(ran.stdout), cnncalc.load("unet_padded").summary(free=["H", "W"])
        assert there.totals.macs - here.totals.macs == 0
        assert (there.totals.macs + here.totals.macs).terms == (2 * here.totals.macs).terms
        assert len({there.output, here.output}) == 1
        assert not cnncalc.diff(there, here).changes


def _params(text):
    return cnncalc.load(text).summary().totals.params


def _shown(thing):
    return thing, str(thing)


def _of(network):
    return network.summary().totals.params


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_return_numbers_and_errors(method):
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as workers:
        wrong, misfit = workers.submit(_params, WRONG), workers.submit(_misfit)
        assert isinstance(wrong.exception(timeout=60), cnncalc.SpecError)
        assert [problem.code for problem in misfit.exception(timeout=60).problems] == ["C302"]
        assert isinstance(workers.submit(_params, "nothing").exception(timeout=60), cnncalc.UsageError)
        network = cnncalc.load(NET)
        assert workers.submit(_of, network).result(timeout=60) == network.summary().totals.params
        things = [make() for make in MADE.values()]
        for thing, (back, shown) in zip(things, workers.map(_shown, things, timeout=60), strict=True):
            assert str(back) == shown == str(thing)


def test_a_pool_does_not_wait_for_ever_for_an_error():
    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(cnncalc.SpecError, match="C302"):
        pool.map_async(_params, [NET, "input: [3, 8, 8]\nlayers: [{type: maxpool2d, kernel_size: 9}]"]).get(
            60
        )


THREADS = """
import sys, json
from concurrent.futures import ThreadPoolExecutor
sys.setswitchinterval(1e-6)
import cnncalc
names = ["lenet5", "alexnet", "unet_padded", "squeezenet1_1"] * 4
def work(name):
    net = cnncalc.load(name)
    report = net.summary()
    found = [str(report.totals.params), str(report), str(report.warnings)]
    if "H" in net.vars:
        found.append(str(net.summary(free=["H"]).totals.macs))
    return found
with ThreadPoolExecutor(8) as threads:
    together = list(threads.map(work, names))
print(json.dumps([together, [work(name) for name in names]]))
"""


def test_threads_that_begin_at_once_find_what_one_finds():
    ran = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, check=True, text=True)
    together, alone = json.loads(ran.stdout)
    assert together == alone


def test_threads_share_one_network_and_one_function():
    network = cnncalc.load("unet_padded")
    macs = network.compile("macs", free=["H", "W"])

    def work(size):
        return macs(size, size), network.summary(set={"H": size, "W": size}).totals.macs

    with ThreadPoolExecutor(4) as threads:
        assert all(one == two for one, two in threads.map(work, [64, 96, 128, 160] * 2))


def test_threads_share_one_report():
    """What is computed at the first request is the same, whoever asks first."""

    def questions(network, report):
        return [
            lambda: str(report), lambda: report.validity, lambda: str(report.warnings), lambda: str(report.to_dict()),
            lambda: report.totals.macs.key, lambda: str(report.totals.macs.subs({"H": 8, "W": 8})),
            lambda: str(cnncalc.solve(network)), lambda: str(cnncalc.explain(report, "up4.concat_1")),
            lambda: str(cnncalc.diff(report, network.summary())), lambda: str(network.compile("macs", free=["H", "W"])),
        ]  # fmt: skip

    def asked(ask):
        return ask()

    network = cnncalc.load("unet_padded")
    shared = questions(network, network.summary(free=["H", "W"]))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(asked, shared * 2))
    finally:
        sys.setswitchinterval(interval)
    network = cnncalc.load("unet_padded")
    assert together == list(map(asked, questions(network, network.summary(free=["H", "W"])))) * 2
