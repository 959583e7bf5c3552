"""The top level of a spec: its variables, inputs, outputs and variants; what reads a document as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cnncalc.domain import Domain
from cnncalc.errors import Mark, Place, Problem, SpecError, UsageError, did_you_mean
from cnncalc.reading.checking.context import Context
from cnncalc.reading.checking.fields import check_defaults
from cnncalc.reading.checking.inputs import Inputs, by_input, read_inputs
from cnncalc.reading.checking.items import read_blocks, read_list
from cnncalc.reading.checking.model import SpecModel, VariantModel
from cnncalc.reading.checking.problems import validated
from cnncalc.reading.checking.spec import Spec
from cnncalc.reading.checking.tensors import Numbers, read_numbers
from cnncalc.reading.checking.value import Failed, Value, compile_value
from cnncalc.reading.checking.variables import variables_of
from cnncalc.reading.expressions.words import is_name, wrong_name
from cnncalc.reading.foreign import other_file
from cnncalc.reading.text.nodes import Document, ListNode, MapNode


def checked(document: Document, variant: str | None = None) -> Spec:
    """Check a document and return its spec, with the overrides of one of its variants.

    Raises:
        SpecError: with every problem that can be found without evaluating anything.
        UsageError: there is no such variant.
    """
    return _Reader(document).spec(variant)


class _Reader:
    """Checks a document and reads its parts. All problems are collected."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.source = document.source
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, mark: Mark, help: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.source, mark), help=help))

    def spec(self, variant: str | None) -> Spec:
        root = self.document.root
        if not isinstance(root, MapNode):
            place = Place(self.source, self.document.root_mark)
            message = "a spec is a mapping with 'input' and 'layers'"
            help = "write 'input: [3, 224, 224]' and 'layers:' at the left margin, without '- ' or '='"
            raise SpecError([Problem("C101", message, place, help=help)])
        self.refuse_other_file(root)
        model, self.problems = validated(SpecModel, root, Place(self.source, root.mark), "the spec")
        overrides = self.variant(root, variant)
        variables, domains = self.variables(root.get("vars"), overrides.vars if overrides else None)
        inputs = self.inputs(root, variables)
        values = self.input_values(root, inputs.shapes)
        defaults, blocks, layers = (root.get(key) for key in ("defaults", "blocks", "layers"))
        defaults = defaults if isinstance(defaults, MapNode) else MapNode(root.mark)
        context = Context.top(self.source, variables, defaults)
        check_defaults(context)
        if isinstance(blocks, MapNode):
            context = read_blocks(context, blocks)
        entries = read_list(context, layers) if isinstance(layers, ListNode) else ()
        problems = [*self.problems, *context.problems]
        if problems or model is None:
            raise SpecError(problems)
        expect = overrides.expect if overrides and overrides.expect is not None else model.expect
        outputs = self.outputs(root, model.output or [])
        name = (overrides.name if overrides else "") or variant or model.name or _stem(self.source.name)
        citation = (overrides.source if overrides else "") or model.source
        return Spec(
            name=name,
            description=model.description,
            citation=citation,
            source=self.source,
            vars=variables,
            domains=domains,
            inputs=inputs.shapes,
            layouts=inputs.layouts,
            input_values=values,
            defaults=context.defaults,
            blocks=context.blocks,
            layers=entries,
            outputs=outputs,
            expect=expect,
            cases=self.cases(root, variant),
            variants=() if variant is not None else tuple(model.variants or ()),
            root=root,
        )

    def refuse_other_file(self, root: MapNode) -> None:
        """Report a file of another program with a single error instead of one per key."""
        what = other_file(root) if "layers" not in root else None
        if what is not None:
            first = next(iter(root))
            message = f"this is {what}, not a cnncalc spec"
            help = "cnncalc cannot import such files: write the layers under 'layers'; 'cnncalc zoo NAME' prints an example"
            raise SpecError([Problem("C104", message, Place(self.source, root.keys_at[first]), help=help)])

    def cases(self, root: MapNode, variant: str | None) -> tuple[tuple[Any, Mark], ...]:
        """Cases belong to the spec itself, not to its variants."""
        raw = root.get("cases")
        if variant is not None or not isinstance(raw, ListNode):
            return ()
        return tuple(zip(raw, raw.values_at, strict=True))

    def variant(self, root: MapNode, name: str | None) -> VariantModel | None:
        variants = root.get("variants")
        found: VariantModel | None = None
        if isinstance(variants, MapNode):
            for key, node in variants.items():
                at = variants.values_at[key]
                if not isinstance(node, MapNode):
                    self.problem("C101", f"variant '{key}' needs a mapping", at)
                    continue
                model, problems = validated(
                    VariantModel, node, Place(self.source, node.mark), f"variant '{key}'"
                )
                self.problems += problems
                found = model if key == name else found
                self.unknown_overrides(root, node)
        if name is not None and found is None and not self.problems:
            known = list(variants) if isinstance(variants, MapNode) else []
            help = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
            raise UsageError(f"{self.source.name} has no variant '{name}'; {help}")
        return found

    def unknown_overrides(self, root: MapNode, node: MapNode) -> None:
        given, base = node.get("vars"), root.get("vars")
        if not isinstance(given, MapNode):
            return
        known = list(base) if isinstance(base, MapNode) else []
        for key in given:
            if key not in known:
                message = f"'{key}' is not among the spec's vars"
                self.problem("C106", message, given.keys_at[key], did_you_mean(key, known))

    def variables(self, base: Any, overrides: MapNode | None) -> tuple[dict[str, Value], dict[str, Domain]]:
        """Values of ``vars`` and the domains that are declared."""
        found: dict[str, Value] = {}
        domains: dict[str, Domain] = {}
        for name, raw in base.items() if isinstance(base, MapNode) else ():
            mark, domain = base.values_at[name], None
            if (problem := wrong_name(name, Place(self.source, base.keys_at[name]))) is not None:
                self.problems.append(problem)
            if isinstance(raw, MapNode):
                raw, mark, domain = self.declared(raw, mark)
            if overrides is not None and name in overrides:
                raw, mark = overrides[name], overrides.values_at[name]
            found[name] = self.default(name, raw, mark, found, domain)
            if domain is not None:
                domains[name] = domain
        return found, domains

    def declared(self, node: MapNode, mark: Mark) -> tuple[Any, Mark, Domain | None]:
        from cnncalc.reading.checking.declaration import read_declaration

        declared, problems = read_declaration(node, self.source)
        self.problems += problems
        return declared or (1, mark, None)

    def default(
        self, name: str, raw: Any, mark: Mark, known: Mapping[str, Value], domain: Domain | None
    ) -> Value:
        """Return the default of a variable, which must be in its domain."""
        place = Place(self.source, mark)
        try:
            if raw is None or isinstance(raw, MapNode):
                message = f"'{name}' needs a number, true or false, a word or a list"
                raise Failed(Problem("C101", message, place, help=f"for example {name[:40]}: 224"))
            value = self.variable(raw, mark, known)
            if domain is not None and not self.problems:
                defaults, _ = variables_of({**known, name: value}, {}, {})
                if (reason := domain.wrong(defaults[name])) is not None:
                    raise Failed(Problem("C101", f"'{name}' {reason}", place))
        except Failed as failed:
            self.problems.append(failed.problem)
            return Value(1, place)
        return value

    def variable(self, raw: Any, mark: Mark, known: Mapping[str, Value]) -> Value:
        """Return the value of a variable: an expression in earlier variables, or a word such as ``relu``."""
        words = tuple(w for w in (raw if isinstance(raw, list) else [raw]) if is_name(w) and w not in known)
        return compile_value(raw, mark, self.source, known, words)

    def inputs(self, root: MapNode, variables: Mapping[str, Value]) -> Inputs:
        raw = root.get("input")
        if raw is None:
            if "input" in root:
                help = "write input: [3, 224, 224]"
                self.problem("C101", "'input' needs [channels, height, width]", root.values_at["input"], help)
            return Inputs({}, {}, [])
        found = read_inputs(raw, root.values_at["input"], self.source, variables)
        self.problems += found.problems
        return found

    def input_values(self, root: MapNode, inputs: Mapping[str, Value]) -> dict[str, Numbers]:
        """Return the numbers for the inputs: one tensor, or tensors by name."""
        raw = root.get("input_values")
        if raw is None:
            return {}
        entries = by_input(raw, root.values_at["input_values"])
        found = {}
        for name, (numbers, mark) in entries.items():
            if name not in inputs:
                help = did_you_mean(name, inputs) or f"it has {', '.join(inputs)}"
                self.problem("C106", f"there is no input '{name}'", mark, help)
                continue
            try:
                found[name] = read_numbers(numbers, mark, self.source)
            except Failed as failed:
                self.problems.append(failed.problem)
        return found

    def outputs(self, root: MapNode, names: list[str]) -> tuple[Value, ...]:
        if not names:
            return ()
        raw, mark = root["output"], root.values_at["output"]
        marks = raw.values_at if isinstance(raw, ListNode) else [mark]
        return tuple(Value(n, Place(self.source, m)) for n, m in zip(names, marks, strict=True))


def _stem(name: str) -> str:
    return "" if name.startswith("<") else os.path.splitext(os.path.basename(name))[0]
