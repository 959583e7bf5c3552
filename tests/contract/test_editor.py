"""The schema in an editor: what the YAML language server completes, explains and reports, asked over its protocol."""

import json
import shutil
import subprocess

import pytest

from cnncalc.__main__ import main
from cnncalc.registry import all_types
from cnncalc.report.schema_layers import description

SERVER = shutil.which("yaml-language-server")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SERVER is None, reason="yaml-language-server is not installed"),
]
HEAD = "input: [3, 8, 8]\nlayers:\n"


class Editor:
    """A client of the language server; ``|`` in a text is the cursor."""

    def __init__(self, schema):
        self.process = subprocess.Popen([SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.settings = {
            "schemas": {schema.as_uri(): "*.yaml"}, "schemaStore": {"enable": False},
            "completion": True, "hover": True, "validate": True,
        }  # fmt: skip
        self.sent = self.opened = 0
        snippets = {"completion": {"completionItem": {"snippetSupport": True}}}
        able = {"textDocument": snippets, "workspace": {"configuration": True}}
        self.ask("initialize", processId=None, rootUri=None, capabilities=able)
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings={"yaml": self.settings})
        assert any(self.problems("input: 3") for _ in range(20))  # it has read the schema

    def write(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def read(self):
        """The next message, after answering what the server asks."""
        lines = iter(self.process.stdout.readline, b"\r\n")
        length = next(int(line.split(b":")[1]) for line in [*lines] if line.startswith(b"Content-Length"))
        message = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:
            asked = (
                message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            )
            result = asked and [self.settings if each.get("section") == "yaml" else None for each in asked]
            self.write(id=message["id"], result=result)
        return message

    def tell(self, method, **params):
        self.write(method=method, params=params)

    def ask(self, method, **params):
        self.sent += 1
        self.write(id=self.sent, method=method, params=params)
        while True:
            message = self.read()
            if message.get("id") == self.sent and "method" not in message:
                return message["result"]

    def open(self, text):
        before, _, after = text.partition("|")
        self.opened += 1
        uri = f"file:///nets/{self.opened}.yaml"
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": before + after}
        self.tell("textDocument/didOpen", textDocument=document)
        lines = before.split("\n")
        return {
            "textDocument": {"uri": uri},
            "position": {"line": len(lines) - 1, "character": len(lines[-1])},
        }

    def completions(self, text):
        found = self.ask("textDocument/completion", **self.open(text))
        return {each["label"]: each["insertText"] for each in found["items"]}

    def hover(self, text):
        found = self.ask("textDocument/hover", **self.open(text))["contents"]
        return (found if isinstance(found, str) else found["value"]).replace("\\", "")

    def problems(self, text):
        uri = self.open(text)["textDocument"]["uri"]
        while True:
            message = self.read()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                return [each["message"] for each in message["params"]["diagnostics"]]


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    target = tmp_path_factory.mktemp("schema") / "cnncalc.json"
    main(["schema", "-o", str(target)])
    editor = Editor(target)
    yield editor
    editor.process.kill()
    editor.process.communicate()


def test_what_is_offered_has_a_name_and_fits_where_the_cursor_is(editor):
    places = {
        "item": f"{HEAD}  - |", "word": f"{HEAD}  - c|", "key": f"{HEAD}  - type: conv2d\n    |",
        "type": f"{HEAD}  - type: |", "flow key": f"{HEAD}  - {{type: conv2d, k|}}\n", "flow": f"{HEAD}  - {{|}}\n",
        "top": "name: x\n|", "input": "input: |", "vars": "vars:\n  H:\n    |", "block": "blocks:\n  b:\n    |",
        "expect": f"{HEAD}  - relu\nexpect:\n  |",
    }  # fmt: skip
    found = {place: editor.completions(text) for place, text in places.items()}
    assert [label for labels in found.values() for label in labels if "object" in label.lower()] == []
    conv = "{type: conv2d, kernel_size: ${1:3}, out_channels: ${2:64}}"
    for place in ("item", "word"):
        assert found[place]["conv2d (kernel_size, out_channels)"] == conv
    assert {"relu", "global_avgpool"} <= set(found["item"])
    assert set(found["type"]) == set(all_types())
    for place in ("key", "flow key"):
        assert {"kernel_size", "stride", "act"} <= set(found[place])
        assert not {"running_mean", "out_features"} & set(found[place])
    assert found["key"]["kernel_size"] == "kernel_size: ${1:3}"
    assert not any(label.startswith("conv2d") for label in found["flow"])  # braces in braces
    assert found["input"]["[3, 224, 224]"] == "[3, 224, 224]"
    assert {"params", "macs", "peak_activation_bytes"} <= set(found["expect"])


def test_a_type_and_a_field_are_explained_and_nothing_else(editor):
    for item in ("  - type: con|v2d\n", "  - {type: con|v2d, kernel_size: 3, out_channels: 8}\n"):
        assert editor.hover(HEAD + item).startswith(f"{description(all_types()['conv2d'])}\n\nSource:")
    assert editor.hover(f"{HEAD}  - re|lu\n").startswith("max(0, x)")
    for field, start in {"padd|ing: 1": "Cells added", "stri|de: [1, 2]": "Step from"}.items():
        found = editor.hover(f"{HEAD}  - type: conv2d\n    {field}\n")
        assert found.startswith(f"#### conv2d\n\n{start}")
        assert "||" not in found
    assert editor.hover(f"{HEAD}  - relu\nexpect: {{par|ams: 0}}\n").startswith("Weights and biases.")


def test_problems_are_those_of_this_layer(editor):
    assert (
        editor.problems(f"{HEAD}  - {{type: conv2d, out_channels: 3, kernel_size: [3, 3]}}\n  - relu\n") == []
    )
    assert editor.problems(f"{HEAD}  - {{type: conv2d, out_channels: 3, kernal_size: 3}}\n") == [
        "Property kernal_size is not allowed.", 'Missing property "kernel_size".',
    ]  # fmt: skip
    assert editor.problems(f"{HEAD}  - {{type: conv2d, out_channels: 3, kernel_size: 0}}\n") == [
        "Value is below the minimum of 1."
    ]
    (wrong,) = editor.problems(f"{HEAD}  - {{type: conv2, out_channels: 3}}\n")
    assert wrong.startswith('Value is not accepted. Valid values: "adaptive_avgpool1d"')
