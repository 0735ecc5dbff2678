"""Which codes the source names: written out, or built from parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duewell

SRC = Path(duewell.__file__).parent
CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_SAYS = {"say", "t", "Message", "wrong"}


@dataclass
class Named:
    """What stands in the source: texts, patterns (head, tail) of built codes, and codes that are said."""

    texts: set[str] = field(default_factory=set)
    built: set[tuple[str, str]] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    def is_built(self, code: str) -> bool:
        """Whether some pattern fits the code, and the source knows the part put into it."""
        for head, tail in self.built:
            fits = code.startswith(head) and code.endswith(tail) and len(code) > len(head) + len(tail)
            if fits and self._knows(code[len(head) : len(code) - len(tail)]):
                return True
        return False

    def _knows(self, part: str) -> bool:
        if part in self.words or part.removesuffix("s") in self.words:
            return True
        marks = [at for at, mark in enumerate(part) if mark == "-"]
        return any(part[:at] in self.words and part[at + 1 :] in self.words for at in marks)


def _kebab(text: str) -> str:
    """A name as codes write it: MerchantRefund, merchant_refund and MERCHANT_REFUND are merchant-refund."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", parted.lower()).strip("-")


@cache
def named() -> Named:
    """All of it, read once."""
    found = Named()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            _see(found, node, path)
    for path in SRC.rglob("*.html"):
        text = path.read_text("utf-8")
        found.texts |= set(re.findall(r"'([^'\n]*)'", text))
        found.said |= dict.fromkeys(re.findall(r"\bt\('([a-z0-9-]+)'[,)]", text), path.name)
    found.built |= {(text, "") for text in found.texts if re.fullmatch(r"[a-z0-9-]{3,}-", text)}
    for text in found.texts:
        found.words |= {text.lower(), _kebab(text), *map(_kebab, re.findall(r"[a-z]+(?:_[a-z]+)+", text))}
        found.words |= set(re.findall(r"=([a-z]+(?:-[a-z]+)*)", text))  # of an address: ?done=defined
    return found


def _see(found: Named, node: ast.AST, path: Path) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        found.texts.add(node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [str(each.value) if isinstance(each, ast.Constant) else None for each in node.values]
        if parts.count(None) == 1 and len("".join(each or "" for each in parts)) > 3:
            at = parts.index(None)
            found.built.add(("".join(map(str, parts[:at])), "".join(map(str, parts[at + 1 :]))))
    elif isinstance(node, ast.Raise | ast.Call):
        for code in _said(node):
            found.said[code] = f"{path.name}:{node.lineno}"
    for name in ("name", "id", "attr", "arg"):
        value = getattr(node, name, None)
        if isinstance(value, str):
            found.words |= {value.lower(), _kebab(value)}


def _said(node: ast.Raise | ast.Call) -> Iterator[str]:
    call = node.exc if isinstance(node, ast.Raise) else node
    if not isinstance(call, ast.Call) or not call.args:
        return
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0]
    is_said = isinstance(node, ast.Raise) or name in _SAYS
    if (
        is_said
        and isinstance(first, ast.Constant)
        and isinstance(first.value, str)
        and CODE.fullmatch(first.value)
    ):
        yield first.value
