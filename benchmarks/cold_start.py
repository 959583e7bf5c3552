"""``cnncalc table vgg16`` as a whole process, against the floor that its dependencies set and against peers.

    python benchmarks/cold_start.py [rounds]

The floor imports click, pydantic's BaseModel, yaml and tabulate, parses a line and prints a table. Peers are
measured where torch, torchinfo or keras are installed.
"""

import importlib.util
import sys

from measure import compare

FLOOR = """
import click, yaml, tabulate
from pydantic import BaseModel
class Line(BaseModel):
    a: int
    b: int
line = Line(**yaml.safe_load("{a: 1, b: 2}"))
click.echo(tabulate.tabulate([[line.a, line.b]], headers=["a", "b"]))
"""
CNNCALC = "import sys; from cnncalc.__main__ import main; sys.exit(main(['table', 'vgg16']))"
NUMPY = CNNCALC.replace(
    "sys.exit(main(['table', 'vgg16']))", "main(['table', 'vgg16']); assert 'numpy' not in sys.modules"
)
VGG = """
import torch
from torch import nn
layers, c = [], 3
for width, n in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
    for _ in range(n):
        layers += [nn.Conv2d(c, width, 3, padding=1), nn.ReLU()]
        c = width
    layers.append(nn.MaxPool2d(2))
layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
           nn.Dropout(), nn.Linear(4096, 1000), nn.Softmax(1)]
net = nn.Sequential(*layers)
"""
TORCHINFO = VGG + "from torchinfo import summary\nprint(summary(net, (1, 3, 224, 224)))"
META = (
    VGG.replace("layers, c", "torch.set_default_device('meta')\nlayers, c", 1)
    + "from torchinfo import summary\nprint(summary(net, (1, 3, 224, 224), device='meta'))"
)
KERAS = """
import os
os.environ["KERAS_BACKEND"] = "torch"
from keras import Sequential, layers as L
net = [L.Input((224, 224, 3))]
for width, n in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
    net += [L.Conv2D(width, 3, padding="same", activation="relu") for _ in range(n)] + [L.MaxPooling2D(2)]
net += [L.Flatten(), L.Dense(4096, "relu"), L.Dense(4096, "relu"), L.Dense(1000, "softmax")]
Sequential(net).summary()
"""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    python = sys.executable
    compare({"floor": [python, "-c", FLOOR], "cnncalc table vgg16": [python, "-c", NUMPY]}, "floor", rounds)
    if importlib.util.find_spec("torch") and importlib.util.find_spec("torchinfo"):
        peers = {
            "cnncalc table vgg16": [python, "-c", CNNCALC],
            "torchinfo": [python, "-c", TORCHINFO],
            "torchinfo, meta device": [python, "-c", META],
        }
        if importlib.util.find_spec("keras"):
            peers["keras, torch backend"] = [python, "-c", KERAS]
        compare(peers, "cnncalc table vgg16", 5)


if __name__ == "__main__":
    main()
