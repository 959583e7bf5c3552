"""Items of ``layers`` and of blocks, checked as far as they can be before anything is expanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fix, Mark, Place, Problem, Source, did_you_mean
from cnncalc.fields import DEFERRED, FLAG_WORDS, describe
from cnncalc.reading.checking import instead, item_help, meanings, tensors
from cnncalc.reading.checking.model import COMMON, PARAM_KINDS, BlockModel
from cnncalc.reading.checking.parts import Attachment, Block, Branch, Item, Param, recursion, type_mark
from cnncalc.reading.checking.problems import intended, translate, unknown_field, validated
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.expressions.words import NAME, TENSOR_NAMES, wrong_name
from cnncalc.reading.text.nodes import ListNode, MapNode
from cnncalc.registry import all_types, layer_class

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnncalc.layer import Layer

MAX_PROBLEMS = 500
EXAMPLE_OF = {
    "int": "64",
    "number": "0.5",
    "bool": "true",
    "str": "relu",
    "layer": "NAME",
}  # by kind of parameter
#: what others call the kinds
KINDS_MEANT = {"integer": "int", "float": "number", "boolean": "bool", "string": "str", "text": "str"}
ACTIVATED = ("conv", "linear", "merge")
PARAMETERISED = ("conv", "linear", "norm", "activation", "other")
#: names of norms without their rank; the value may also be any layer type of that family
NORMS = {
    "batch": "batchnorm", "layer": "layernorm", "group": "groupnorm",
    "instance": "instancenorm2d", "local_response": "lrn",
}  # fmt: skip


class ItemReader:
    """Reads items; collects problems instead of stopping at the first."""

    def __init__(self, source: Source, names: Iterable[str], defaults: MapNode | None) -> None:
        self.source = source
        self.globals = frozenset(names) | frozenset(TENSOR_NAMES)
        self.names = self.globals
        self.params: dict[str, Param] = {}
        self.blocks: dict[str, Block] = {}
        self.defaults = defaults
        self.broken: set[str] = set()  # blocks that cannot be read
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, mark: Mark, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.source, mark), help=help))

    def check_defaults(self) -> None:
        """Every entry of ``defaults`` is a layer type with fields of its own."""
        for name, node in (self.defaults or {}).items():
            assert self.defaults is not None
            cls = layer_class(name)
            if cls is None:
                place = Place(self.source, self.defaults.keys_at[name])
                problem = item_help.unknown_type(name, place, ())
                self.problems.append(problem._replace(message=f"unknown layer type '{name[:64]}'"))
            elif not isinstance(node, MapNode):
                at = self.defaults.values_at[name]
                self.problem("C101", f"needs a mapping of fields, got {describe(node)}", at)
            else:
                known = sorted({*cls.model_fields, *_aliases(cls), "norm", "act"})
                for key in node:
                    if key not in known or key == "type":
                        place = Place(self.source, node.keys_at[key])
                        self.problems.append(unknown_field(key, known, name, place, node))

    # -- blocks

    def read_blocks(self, blocks: MapNode) -> None:
        """Headers first, so that blocks may use each other in any order."""
        bodies: list[tuple[Block, BlockModel]] = []
        for name, node in blocks.items():
            at = blocks.keys_at[name]
            self.check_name(name, at)
            if layer_class(name) is not None or name == "group":
                self.problem("C107", f"'{name}' is already a layer type", at, "give the block another name")
            self.broken.add(name)
            if not isinstance(node, MapNode):
                help = f"for example {name[:40]}: {{params: {{c: int}}, layers: [...]}}"
                self.problem("C101", f"block '{name}' needs a mapping, got {describe(node)}", at, help)
                continue
            model, problems = validated(BlockModel, node, self.source, f"block '{name}'")
            self.problems += problems
            if model is not None:
                self.broken.remove(name)
                block = Block(name, Place(self.source, at), self.read_params(model.params))
                self.blocks[name] = block
                bodies.append((block, model))
        for block, model in bodies:
            self.params = block.params
            self.names = self.globals | block.params.keys()
            block.items = self.read_list(model.layers)
        self.params, self.names = {}, self.globals
        self.problems += recursion(self.blocks)

    def read_params(self, params: MapNode | None) -> dict[str, Param]:
        found: dict[str, Param] = {}
        for name, default in (params or {}).items():
            assert params is not None
            self.check_name(name, params.keys_at[name])
            if name in COMMON:
                message = f"'{name}' is a key of every item and cannot name a parameter"
                self.problem("C107", message, params.keys_at[name], "choose another name")
            if isinstance(default, str) and default in PARAM_KINDS:
                found[name] = Param(default)
                continue
            if isinstance(default, str) and default in KINDS_MEANT:
                place, kind = Place(self.source, params.values_at[name]), KINDS_MEANT[default]
                message, fix = (
                    f"'{default}' is not a kind of parameter",
                    Fix(place.mark, kind, keeps_quotes=True),
                )
                self.problems.append(Problem("C101", message, place, help=f"write {kind}", fix=fix))
                found[name] = Param("any", Value(1, place))
                continue
            names = self.globals | found.keys()
            kind = "bool" if isinstance(default, bool) else "number"
            try:
                value = compile_value(default, params.values_at[name], self.source, names)
            except Failed as failed:
                if not isinstance(default, str) or not NAME.match(default):
                    self.problems.append(failed.problem)
                    continue
                kind = "str"  # a word such as relu
                value = Value(default, Place(self.source, params.values_at[name]))
            if default is None:
                kind = "str"
            found[name] = Param("any" if kind == "number" else kind, value)
        return found

    # -- items

    def read_list(self, nodes: ListNode) -> list[Item]:
        """Items of one list; unnamed ones are counted per type."""
        counts: dict[str, int] = {}
        return self.read_items(nodes, counts)

    def read_items(self, nodes: ListNode, counts: dict[str, int]) -> list[Item]:
        items = []
        for node, mark in zip(nodes, nodes.values_at, strict=True):
            if len(self.problems) > MAX_PROBLEMS:
                break
            item = self.read_item(node, mark, counts)
            if item is not None:
                items.append(item)
        return items

    def read_item(self, node: Any, mark: Mark, counts: dict[str, int]) -> Item | None:
        if isinstance(node, str):
            bare = MapNode(mark)
            bare["type"] = node
            bare.keys_at["type"] = bare.values_at["type"] = mark
            node = bare
        if not isinstance(node, MapNode):
            message = f"a layer is a name or a mapping, got {describe(node)}"
            self.problem("C101", message, mark, instead.of_item(node))
            return None
        kind = node.get("type", "group" if "layers" in node else None)
        if kind is None and "share" in node:
            kind = "share"
        if not isinstance(kind, str):
            self.complain_about_type(node, mark)
            return None
        if "type" in node and kind in ("group", "share"):
            key = "layers" if kind == "group" else "share"
            help = f"leave 'type' out: the key '{key}' says it"
            self.problem("C103", f"unknown layer type or block '{kind}'", node.values_at["type"], help)
            return None
        place = Place(self.source, type_mark(node, mark))
        item = Item(place, kind, node)
        self.read_name(item, node, counts)
        before = len(self.problems)
        if kind in ("group", "share"):
            self.read_group(item, node, mark)
        elif kind in self.blocks:
            self.read_block_use(item, node)
        elif "branches" in node and "repeat" in node:
            item.layers = self.read_alone(node)
        else:
            self.read_layer(item, node, counts)
        self.read_common(item, node, counts)
        return item if len(self.problems) == before or item.cls or item.layers is not None else None

    def read_alone(self, node: MapNode) -> list[Item]:
        """A merge that is repeated: each repetition is a group, so that its branches' names are its own."""
        only = ListNode(node.mark)
        only.append(_without(node, *(set(COMMON) - {"type"})))
        only.values_at.append(node.mark)
        return self.read_list(only)

    def complain_about_type(self, node: MapNode, mark: Mark) -> None:
        if "type" in node:
            message = f"'type' needs the name of a layer type or block, got {describe(node['type'])}"
            self.problem("C103", message, node.values_at["type"], "for example type: relu")
            return
        self.problems.append(item_help.untyped(node, Place(self.source, mark), self.blocks))

    def read_name(self, item: Item, node: MapNode, counts: dict[str, int]) -> None:
        name = node.get("name")
        counts[item.kind] = counts.get(item.kind, 0) + 1
        if name is None:
            item.key = f"{item.kind}_{counts[item.kind]}"
        else:
            self.check_name(name, node.values_at["name"])
            item.key, item.named = str(name), True

    def check_name(self, name: Any, mark: Mark) -> None:
        if (problem := wrong_name(name, Place(self.source, mark))) is not None:
            self.problems.append(problem)

    def read_common(self, item: Item, node: MapNode, counts: dict[str, int]) -> None:
        """Keys that every item may have."""
        at = node.values_at
        for key, attribute in (("repeat", "repeat"), ("when", "when")):
            if key in node:
                setattr(item, attribute, self.value(node[key], at[key]))
        if "train_only" in node:
            if not isinstance(node["train_only"], bool):
                self.problem("C101", "'train_only' needs true or false", at["train_only"])
            item.train_only = node["train_only"] is True
        if "from" in node and "branches" in node and isinstance(node["from"], ListNode):
            message = "branches start from one tensor, but 'from' names several"
            help = "with 'branches' write 'from: NAME'; or join tensors with 'from: [a, b]' alone"
            self.problem("C204", message, at["from"], help)
        elif "from" in node:
            item.source_tensor = self.references(node["from"], at["from"], item)
        if "share" in node:
            item.share = self.reference(node["share"], at["share"])
        if "first" in node:
            self.read_first(item, node, counts)

    def read_first(self, item: Item, node: MapNode, counts: dict[str, int]) -> None:
        first, mark = node["first"], node.values_at["first"]
        if not isinstance(first, MapNode):
            self.problem("C101", f"'first' needs a mapping of fields, got {describe(first)}", mark)
            return
        if "repeat" not in node:
            self.problem("C102", "'first' is for items with 'repeat'", node.keys_at["first"])
            return
        for key in (*COMMON, "layers", "branches"):
            if key in first:
                self.problem("C102", f"'{key}' cannot change in 'first'", first.keys_at[key])
                return
        merged = _merged(_without(node, "first", "when", "from", "name"), first)
        item.first = self.read_item(merged, node.mark, dict(counts))
        if item.first is not None:
            item.first.key, item.first.named = item.key, item.named

    def references(self, raw: Any, mark: Mark, item: Item) -> list[Value]:
        if not isinstance(raw, ListNode):
            return [r for r in [self.reference(raw, mark)] if r]
        if item.cls is None and item.layers is None:  # of an unknown type
            return []
        if not raw:
            self.problem("C204", "'from' needs at least one name", mark)
        elif len(raw) == 1 and not (item.cls and item.cls.family == "merge"):
            message, help = (
                f"{item.kind} takes one tensor, so 'from' must be one name here, not a list",
                f"write 'from: {raw[0]}'",
            )
            fix = Fix(mark, str(raw[0]))
            self.problems.append(Problem("C204", message, Place(self.source, mark), help=help, fix=fix))
        elif item.cls is None or item.cls.arity[1] == 1:
            help = "join tensors with concat, add or multiply"
            self.problem("C204", f"{item.kind} takes one tensor, but 'from' names {len(raw)}", mark, help)
        found = [self.reference(r, m) for r, m in zip(raw, raw.values_at, strict=True)]
        return [r for r in found if r]

    def reference(self, raw: Any, mark: Mark) -> Value | None:
        if isinstance(raw, str) and all(NAME.match(p) or p.isdigit() for p in raw.split(".")):
            return Value(raw, Place(self.source, mark))
        help, meant = instead.of_reference(raw)
        message, fix = (
            f"a reference is the name of a layer, got {describe(raw)}",
            Fix(mark, meant) if meant else None,
        )
        self.problems.append(Problem("C202", message, Place(self.source, mark), help=help, fix=fix))
        return None

    def value(self, raw: Any, mark: Mark, words: tuple[str, ...] = ()) -> Value | None:
        try:
            return compile_value(raw, mark, self.source, self.names, words)
        except Failed as failed:
            self.problems.append(failed.problem)
            return None

    # -- groups

    def read_group(self, item: Item, node: MapNode, mark: Mark) -> None:
        allowed = [*COMMON, "layers"] if item.kind == "group" else [*COMMON]
        for key in node:
            if key not in allowed:
                what = "a group" if item.kind == "group" else "an item with 'share'"
                self.problems.append(unknown_field(key, allowed, what, Place(self.source, node.keys_at[key])))
        item.layers = []
        if item.kind == "share":
            return
        layers = node.get("layers")
        if isinstance(layers, ListNode):
            item.layers = self.read_list(layers)
        else:
            at = node.values_at.get("layers", mark)
            help = instead.of_list(layers)
            self.problem("C101", f"'layers' needs a list, got {describe(layers)}", at, help)

    # -- blocks in use

    def read_block_use(self, item: Item, node: MapNode) -> None:
        block = self.blocks[item.kind]
        for key in node:
            if key in COMMON:
                continue
            if key not in block.params:
                known = [*block.params, *COMMON]
                place = Place(self.source, node.keys_at[key])
                problem = unknown_field(key, known, f"block '{block.name}'", place)
                if not block.params:
                    help = f"declare it in the block: params: {{{key[:40]}: int}}"
                    problem = problem._replace(help=help)
                self.problems.append(problem)
                continue
            value = self.argument(node[key], node.values_at[key], block.params[key])
            if value is not None:
                item.fields[key] = value
        meant = {intended(key, [*block.params]) for key in node if key not in (*COMMON, *block.params)}
        for name, param in block.params.items():
            if param.default is None and name not in node and name not in meant:
                help = f"for example {{type: {block.name}, {name}: {EXAMPLE_OF.get(param.kind, '...')}}}"
                self.problems.append(
                    Problem("C104", f"block '{block.name}' needs '{name}'", item.place, help=help)
                )
        item.layers = []

    def argument(self, raw: Any, mark: Mark, param: Param) -> Value | None:
        if param.kind == "layer":
            return self.reference(raw, mark)
        if param.kind == "str":
            if isinstance(raw, str) or raw is None:
                return Value(raw, Place(self.source, mark))
            self.problem("C101", f"needs a word, got {describe(raw)}", mark)
            return None
        return self.value(raw, mark)

    # -- layers

    def read_layer(self, item: Item, node: MapNode, counts: dict[str, int]) -> None:
        cls = layer_class(item.kind)
        if cls is None and item.kind in self.broken:
            return
        if cls is None:
            place = Place(self.source, node.values_at["type"])
            self.problems.append(item_help.unknown_type(item.kind, place, self.blocks, node))
            return
        item.cls = cls
        node = self.with_defaults(item.kind, node)
        item.node = node
        if "branches" in node and cls.family == "merge":
            item.branches = self.read_branches(node["branches"], node.values_at["branches"], counts)
        if cls.family == "merge" and not node.keys() & {"from", "branches"}:
            self.miss_inputs(item, node)
        for key, family in (("norm", "norm"), ("act", "activation")):
            if key in node and cls.family in ACTIVATED:
                setattr(item, key, self.read_attachment(node[key], node.values_at[key], family))
        self.read_fields(item, cls, node)

    def miss_inputs(self, item: Item, node: MapNode) -> None:
        """A merge without inputs, unless they have another name."""
        if not any(intended(key, ["from", "branches"]) for key in node if key not in COMMON):
            help = "'from: [a, b]' names tensors; 'branches' holds lists of layers"
            self.problem("C204", f"{item.kind} needs either 'from' or 'branches'", item.place.mark, help)

    def with_defaults(self, type_name: str, node: MapNode) -> MapNode:
        defaults = self.defaults.get(type_name) if self.defaults is not None else None
        return _merged(defaults, node) if isinstance(defaults, MapNode) else node

    def read_fields(self, item: Item, cls: type[Layer], node: MapNode) -> None:
        """Own fields: names are checked now, values as far as they are literals."""
        shared = {*COMMON, *(("norm", "act") if cls.family in ACTIVATED else ())}
        shared |= {"branches"} if cls.family == "merge" else set()
        own = self.read_tensors(item, _without(node, *shared), cls)
        probe: dict[str, Any] = {}
        for key, raw in own.items():
            if key in cls.tensor_fields and isinstance(raw, str) and raw not in self.numbers():
                item.fields[key] = self.reference(raw, own.values_at[key]) or Value(None, item.place)
                continue
            words = cls.words.get(key, ())
            if isinstance(raw, str) and raw.lower() in FLAG_WORDS and raw not in self.names:
                words = (*words, raw)  # no name, but YAML 1.1's true or false: the field's check says so
            if key not in cls.model_fields and key not in _aliases(cls):
                probe[key] = raw
                continue
            value = self.value(raw, own.values_at[key], words)
            if value is not None:
                item.fields[key] = value
                probe[key] = value.probe()
            else:
                probe[key] = DEFERRED
        self.validate(item, cls, own, probe, shared)

    def read_tensors(self, item: Item, own: MapNode, cls: type[Layer]) -> MapNode:
        """Take out parameters that are written out; the other fields are left."""
        written = [
            key
            for key in tensors.NAMES
            if key in own and (key not in cls.model_fields or isinstance(own[key], ListNode))
        ]
        if not written or cls.family not in PARAMETERISED:
            return own
        for key in written:
            try:
                item.values[key] = tensors.read_numbers(own[key], own.values_at[key], self.source)
            except Failed as failed:
                self.problems.append(failed.problem)
        fields = _without(own, *written)
        if "bias" in written and "bias" in cls.model_fields:
            fields["bias"] = True
            fields.keys_at["bias"] = own.keys_at["bias"]
            fields.values_at["bias"] = own.values_at["bias"]
        return fields

    def numbers(self) -> set[str]:
        """Names that stand for numbers here, not for layers."""
        layers = {name for name, param in self.params.items() if param.kind == "layer"}
        return set(self.names) - layers

    def validate(
        self, item: Item, cls: type[Layer], own: MapNode, probe: dict[str, Any], shared: set[str]
    ) -> None:
        from pydantic import ValidationError

        try:
            layer = cls.model_validate(probe)
        except ValidationError as error:
            known = set(cls.model_fields) | set(_aliases(cls)) | shared
            known -= {f for f in cls.model_fields if f in _aliases(cls).values()}
            mark = item.place.mark
            self.problems += translate(error, own, mark, self.source, known, item.kind)
            return
        constant = all(v.constant for v in item.fields.values())
        if constant and not any(k in item.fields for k in cls.tensor_fields):
            item.prototypes = {False: layer, True: layer}
            if item.norm is not None and "bias" in cls.model_fields and "bias" not in item.fields:
                item.prototypes[True] = layer.model_copy(update={"bias": False})

    def read_attachment(self, raw: Any, mark: Mark, family: str) -> Attachment | None:
        value = Value(raw, Place(self.source, mark))
        if raw is None or (isinstance(raw, str) and (raw in self.names or raw == "none")):
            return Attachment(value)
        node: Any = raw
        if isinstance(raw, str):
            node = MapNode(mark)
            node["type"] = raw
            node.keys_at["type"] = node.values_at["type"] = mark
        if not isinstance(node, MapNode) or not isinstance(node.get("type"), str):
            key = "norm" if family == "norm" else "act"
            message = f"'{key}' needs a type, or a mapping with 'type', got {describe(raw)}"
            example = "batch" if family == "norm" else "relu"
            self.problem("C101", message, mark, f"for example {key}: {example}; '{key}: none' leaves it out")
            return None
        word = node["type"]
        ranked = NORMS.get(str(word)) if family == "norm" else None
        stand_in = {"batchnorm": "batchnorm2d"}.get(ranked or "", ranked or word)
        renamed = _merged(node, MapNode(mark))
        renamed["type"] = stand_in
        cls = layer_class(stand_in)
        wanted = "normalisation" if family == "norm" else "activation"
        if cls is None or cls.family != family:
            known = [n for n, c in all_types().items() if c.family == family]
            known += NORMS if family == "norm" else []
            ours = item_help.attachable(word, known, family)
            help = f"here it is called '{ours}'" if ours else did_you_mean(word, known)
            help = help or f"choose from {', '.join(known)}; 'none' omits it"
            place, fix = Place(self.source, node.values_at["type"]), None
            if ours and meanings.faithful(word, node):
                fix = Fix(place.mark, ours, keeps_quotes=True)
            elif ours:
                help = f"{help}; {meanings.difference(word) or 'its fields mean something else here'}"
            self.problems.append(
                Problem("C103", f"unknown {wanted} '{word[:64]}'", place, help=help, fix=fix)
            )
            return None
        item = self.read_item(renamed, mark, {})
        if item is not None and ranked == "batchnorm":
            item.kind = ranked  # the rank follows from the tensor
        return Attachment(value, item)

    def read_branches(self, raw: Any, mark: Mark, counts: dict[str, int]) -> list[Branch]:
        if not isinstance(raw, ListNode) or not raw:
            self.problem("C101", f"'branches' needs a list of lists of layers, got {describe(raw)}", mark)
            return []
        branches = []
        for node, at in zip(raw, raw.values_at, strict=True):
            when = None
            layers = node
            if isinstance(node, MapNode) and node.keys() <= {"when", "layers"}:
                when = self.value(node["when"], node.values_at["when"]) if "when" in node else None
                layers = node.get("layers", ListNode(at))
            if not isinstance(layers, ListNode):
                help, meant = instead.of_branch(node)
                message, fix = (
                    f"a branch needs a list, got {describe(node)}",
                    Fix(at, meant) if meant else None,
                )
                self.problems.append(Problem("C101", message, Place(self.source, at), help=help, fix=fix))
                continue
            branches.append(Branch(self.read_items(layers, counts), when))
        return branches


# ------------------------------------------------------------------------------------ helpers


def _aliases(cls: type[Layer]) -> dict[str, str]:
    return {f.alias: name for name, f in cls.model_fields.items() if f.alias}


def _merged(under: MapNode, over: MapNode) -> MapNode:
    merged = MapNode(over.mark)
    for node in (under, over):
        merged.update(node)
        merged.keys_at.update(node.keys_at)
        merged.values_at.update(node.values_at)
    return merged


def _without(node: MapNode, *keys: str) -> MapNode:
    kept = MapNode(node.mark)
    for key, value in node.items():
        if key not in keys:
            kept[key], kept.keys_at[key], kept.values_at[key] = value, node.keys_at[key], node.values_at[key]
    return kept
