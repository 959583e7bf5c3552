"""A fuzzer that needs nothing: specs of the corpus, mutated.

    python -m tests.fuzz.mutate --seconds 3600 --seed 1

Prints what was found, and how many inputs were tried; a finding is written to a file beside it.
"""

import argparse
import json
import random
import sys
import time
import traceback
from pathlib import Path

from cnncalc.registry import all_types
from cnncalc.testing.drawing import random_item
from tests.fuzz.target import one_input

ROOT = Path(__file__).parent.parent.parent
WORDS = [
    "0", "-1", "1e999", ".nan", ".inf", "true", "null", "~", "010", "1:30", "9**9", "H", "channels", "10**18", "2147483648",
    "99999999999999999999", "[]", "{}", "[[]]", "''", '""', "&a", "*a", "!!int", "<<", "---", "#", "|", ">", "\t", "\x00",
    "\x1b[31m", "\u202e", "repeat: 1000000", "repeat: H", "first: {}", "when: false", "share: a", "from: prev", "train_only: true",
    "min(1)", "max(1, 2, 3)", "a if b else c", "((((((((", "not not not", "1//0", "1/3", "H % 7", "2**H", "names[1]", "floor(1/3)",
    "padding: same", "ceil_mode: true", "stride: 0", "groups: 3", "dilation: 99", "kernel_size: [3, 3, 3]", "weight: [[1], [2, 3]]",
    "# cnncalc: ignore[W201]", "lint: {ignore: [W2]}", "expect: {params: {max: 1}}", "cases: [{set: {H: 0}, fails: true}]",
    "1", "2", "3", "5", "7", "16", "half", "H + W", "2*H", "crop", "slice", "multiply", "concat", "maxpool2d", "conv_transpose2d",
    "from: 0", "to: 2", "step: 0.05", "step: 1e-300", "step: 1e300", "multiple_of: 32", "values: [1, 2.5, 7]", "values: [a, b]",
    "type: number", "type: int", "default: 0", "default: -3", "default: 1e-9", "default: [3, 5]", "10**300", "1e-7", "0.1",
    "{default: 1.0, from: 0.25, to: 2.0, step: 0.05}", "{default: 224, multiple_of: 32}", "{default: 1.0, values: [0.35, 1.0, 1.4]}",
    "{default: -4, from: -8, to: 8}", "{default: H, from: 1}", "layout: nhwc", "{shape: [32, 32, 3], layout: nhwc}", "in_channels: 3",
    "num_features: H", "(3, 3)", "3x3", "3, 3", "1_000", "0x2\u0660", "50%", "1,000", "\u00b2", "- Conv2D: {", "end: -H", "shape: [-1, H]",
    "output_padding: H", "]", "}", "{", "[", "\r\n", "\ufeff", "# cnncalc: ignore", "# cnncalc: ignore[*]", "act: ReLU", "padding: SAME",
    "min(H, 8)", "max(H - 8, 1)", "(H + 1)//2", "floor(32*w)", "make_divisible(32*w, 8)", "round(w*3)", "opaque", "macs: H",
    "divisible_by: {H: 7}", "type: concat", "type: add", "branches: [[], []]", "norm: batch", "act: none", "upsample",
]  # fmt: skip


TYPES = list(all_types().values())


def corpus():
    good = [*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/diagnostics/ok/*.yaml")]
    good += ROOT.glob("tests/fuzz/seeds/*.yaml")
    files = [*good * 4, *ROOT.glob("tests/diagnostics/bad/*.yaml")]  # most mutants of a good spec are bad
    texts = [path.read_bytes() for path in files]
    return [text for text in texts if len(text) < 6000]


def mutated(draw, seeds):
    """Lines, tokens and bytes moved, doubled, taken out, put in."""
    data = draw.choice(seeds)
    for _ in range(draw.choice([1, 1, 2, 3, 5, 10])):
        kind = draw.random()
        lines = data.split(b"\n")
        if kind < 0.1:
            item = json.dumps(random_item(draw, draw.choice(TYPES))).encode()
            at = draw.randrange(len(lines) + 1)
            data = b"\n".join([*lines[:at], draw.choice([b"  - ", b"      - ", b""]) + item, *lines[at:]])
        elif kind < 0.25:
            spot, word = draw.randrange(len(data) + 1), draw.choice(WORDS).encode()
            data = data[:spot] + word + data[spot:]
        elif kind < 0.4:
            spot = draw.randrange(len(data) + 1)
            data = data[:spot] + bytes([draw.randrange(256)]) + data[spot + draw.randrange(3) :]
        elif kind < 0.55:
            other = draw.choice(seeds).split(b"\n")
            at = draw.randrange(len(lines) + 1)
            start = draw.randrange(len(other))
            data = b"\n".join(lines[:at] + other[start : start + draw.randrange(1, 6)] + lines[at:])
        elif kind < 0.7:
            del lines[draw.randrange(len(lines))]
            data = b"\n".join(lines)
        elif kind < 0.85:
            import re

            tokens = list(re.finditer(rb"[A-Za-z_0-9.]+", data))
            if tokens:
                token = draw.choice(tokens)
                new = draw.choice(tokens)[0] if draw.random() < 0.4 else draw.choice(WORDS).encode()
                data = data[: token.start()] + new + data[token.end() :]
        else:
            a, b = sorted(draw.randrange(len(data) + 1) for _ in range(2))
            data = data[:a] + data[a:b] * draw.choice([0, 2]) + data[b:] if b - a < 300 else data
        data = data or b"a"
    return data[:20_000]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw, seeds, end = random.Random(options.seed), corpus(), time.time() + options.seconds
    tried, kinds = 0, {}
    while time.time() < end:
        data = mutated(draw, seeds)
        tried += 1
        try:
            one_input(data)
        except KeyboardInterrupt:
            break
        except BaseException as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} {where.filename.rpartition('/')[2]}:{where.lineno}"
            if kind not in kinds:
                path = Path(f"fuzz-{len(kinds)}-{options.seed}.yaml")
                path.write_bytes(data)
                print(f"{kind}: {str(error)[:100]} -> {path}", flush=True)
            kinds[kind] = kinds.get(kind, 0) + 1
    print(f"{tried:,} inputs, {sum(kinds.values()):,} findings of {len(kinds)} kinds")
    return bool(kinds)


if __name__ == "__main__":
    sys.exit(main())
