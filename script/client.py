"""Writes the calls and shapes of the Python client from the API's document.

python script/client.py [--check]    with --check: write nothing, fail when they are stale
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from duewell.api import make_app
from duewell.settings import read_settings

FOLDER = Path(__file__).parents[1] / "src" / "duewell" / "client"
ROOMS = {
    "system": "system",
    "accounts": "accounts",
    "books and products": "books",
    "persons": "persons",
    "loans": "loans",
    "a borrower's own": "own",
    "requests and the trail": "requests",
    "reports": "reports",
    "test clocks": "clocks",
    "webhooks": "hooks",
    "payment rails": "rails",
    "lines": "lines",
    "the day": "days",
}
MADE = "Source   written by script/client from the API's document: change the routes, then run it."


def document() -> dict[str, Any]:
    """The document, from an application without a database: nothing is asked of it here."""
    state = SimpleNamespace(settings=read_settings(), pool=SimpleNamespace(close=lambda: None))
    return make_app(state).openapi()  # type: ignore[arg-type]


def kind(schema: dict[str, Any]) -> str:
    """A schema as a type."""
    if "$ref" in schema:
        return f"shapes.{schema['$ref'].rpartition('/')[2]}"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(kind(each) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return f"Literal[{', '.join(map(repr, values))}]"
    if schema.get("type") == "array":
        return f"list[{kind(schema.get('items', {}))}]"
    plain = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
    return plain.get(str(schema.get("type")), "dict[str, Any]")


def shape(name: str, schema: dict[str, Any]) -> str:
    """A schema as a TypedDict. Names that Python keeps to itself stand in the functional form."""
    needed = set(schema.get("required", ()))
    told = schema.get("description", name).split("\n")[0]
    fields = {}
    for field, each in schema.get("properties", {}).items():
        of = kind(each).replace("shapes.", "")
        fields[field] = of if field in needed else f"NotRequired[{of}]"
    if any(keyword.iskeyword(field) for field in fields):
        inside = ", ".join(f'"{field}": {of}' for field, of in fields.items())
        return f'{name} = TypedDict("{name}", {{{inside}}})\n"""{told}"""\n'
    lines = [f"    {field}: {of}" for field, of in fields.items()]
    return "\n".join([f"class {name}(TypedDict):", f'    """{told}"""', "", *lines]) + "\n"


def argument(name: str) -> str:
    """A name Python takes for an argument."""
    return name + "_" if keyword.iskeyword(name) else name


def optional(name: str, of: str) -> str:
    """An argument that may be left out."""
    return f"{argument(name)}: {of}{'' if 'None' in of else ' | None'} = None"


def call(method: str, path: str, operation: dict[str, Any], shapes: dict[str, Any]) -> str:
    """A route as a function that makes a call of it."""
    places = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
    query = [p for p in operation.get("parameters", ()) if p["in"] == "query"]
    is_keyed = any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", ()))
    taken = operation.get("requestBody", {}).get("content", {})
    content = taken.get("application/json", {}).get("schema")
    given = shapes.get((content or {}).get("$ref", "").rpartition("/")[2])
    needed, left, body = [], [], "None"
    if given is not None:
        fields = given.get("properties", {})
        for name, each in fields.items():
            if name in given.get("required", ()):
                needed.append(f"{argument(name)}: {kind(each)}")
            else:
                left.append(optional(name, kind(each)))
        body = "{" + ", ".join(f'"{name}": {argument(name)}' for name in fields) + "}"
    elif content is not None:
        needed.append("body: dict[str, Any]")
        body = "body"
    elif taken:
        needed.append("content: bytes")
        left.append(f'media: str = "{next(iter(taken))}"')
    for each in query:
        of = kind(each["schema"])
        if each.get("required"):
            needed.append(f"{argument(each['name'])}: {of}")
        else:
            left.append(optional(each["name"], of))
    if is_keyed:
        left.append("key: str | None = None")
    answers = [
        kind(told["content"]["application/json"]["schema"])
        for status, told in operation["responses"].items()
        if status.startswith("2") and "application/json" in told.get("content", {})
        and told["content"]["application/json"].get("schema")
    ]  # fmt: skip
    is_file = any(
        "application/octet-stream" in each.get("content", {}) for each in operation["responses"].values()
    )
    result = " | ".join(dict.fromkeys(answers)) or ("bytes" if is_file else "str")
    star = ["*"] if needed or left else []
    arguments = ", ".join([*(f"{each}: str" for each in places), *star, *needed, *left])
    url = re.sub(r"\{(\w+)\}", lambda m: "{_at(" + m[1] + ")}", path)
    parts = [f'"{method.upper()}"', f'f"{url}"' if places else f'"{path}"']
    if query:
        parts.append("query={" + ", ".join(f'"{p["name"]}": {argument(p["name"])}' for p in query) + "}")
    if body != "None":
        parts.append(f"body={body}")
    if "content: bytes" in needed:
        parts.append("content=content, media=media")
    if is_keyed:
        parts += ["key=key", "is_keyed=True"]
    told = operation.get("description", "").split("\n")[0]
    return (
        f"def {operation['operationId']}({arguments}) -> Call[{result}]:\n"
        f'    """{told}"""\n    return Call({", ".join(parts)})\n'
    )


def shape_files(shapes: dict[str, Any], head: str) -> dict[Path, str]:
    """The shapes in two modules, what is given (with what it holds) and what is told, behind one door."""
    given = {name for name in shapes if name.endswith("Given")}
    for _ in shapes:
        held = {ref for name in given for ref in re.findall(r"#/components/schemas/(\w+)", str(shapes[name]))}
        given |= held
    parts = {"_given": sorted(given), "_told": sorted(set(shapes) - given)}
    what = {"_given": "what the API takes", "_told": "what the API tells"}
    source = f"\n\nGives    a TypedDict a document.\n{MADE}\n"
    found = {}
    for module, names in parts.items():
        found[FOLDER / "shapes" / f"{module}.py"] = (
            f'"""Shapes of {what[module]}.{source}"""\n\n{head}'
            "from typing import Any, Literal, NotRequired, TypedDict\n\n"
            + "\n\n".join(shape(name, shapes[name]) for name in names)
        )
    lines = [
        f"from duewell.client.shapes.{module} import {', '.join(names)}" for module, names in parts.items()
    ]
    listed = ", ".join(f'"{name}"' for name in sorted(shapes))
    found[FOLDER / "shapes" / "__init__.py"] = (
        f'"""Shapes of what the API takes and tells.{source}"""\n\n'
        + "\n".join(lines)
        + f"\n\n__all__ = [{listed}]\n"
    )
    return found


def files() -> dict[Path, str]:
    """What the client's folder should hold."""
    made = document()
    shapes = made["components"]["schemas"]
    head = "from __future__ import annotations\n\n"
    found = shape_files(shapes, head)
    rooms: dict[str, list[str]] = {}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            rooms.setdefault(ROOMS[operation["tags"][0]], []).append(call(method, path, operation, shapes))
    for room, calls in rooms.items():
        found[FOLDER / "calls" / f"{room}.py"] = (
            f'"""Calls of the API: {room}.\n\nGives    one function a route; a client does what it returns.\n'
            f'{MADE}\n"""\n\n'
            f"{head}from typing import Any, Literal\nfrom urllib.parse import quote\n\n"
            "from duewell.client import shapes\nfrom duewell.client._core import Call\n\n\n"
            'def _at(text: str) -> str:\n    return quote(text, safe="")\n\n\n' + "\n\n".join(calls)
        )
    names = ", ".join(sorted(rooms))
    listed = ", ".join(f'"{room}"' for room in sorted(rooms))
    found[FOLDER / "calls" / "__init__.py"] = (
        f'"""Calls of the API, by their rooms.\n\nGives    {names}.\n{MADE}\n"""\n\n'
        f"from duewell.client.calls import {names}\n\n__all__ = [{listed}]\n"
    )
    return {path: tidy(text) for path, text in found.items()}


def tidy(text: str) -> str:
    """As the formatter leaves it, without what is not used."""
    for command in (["check", "--select", "F401,I,UP", "--fix", "-q"], ["format", "-q"]):
        done = subprocess.run(
            ["ruff", *command, "--stdin-filename", "src/duewell/client/x.py", "-"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        text = done.stdout
    return text


def main() -> None:
    """Write, or check."""
    stale = [path for path, text in files().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv:
        sys.exit(f"stale, run script/client: {', '.join(map(str, stale))}" if stale else 0)
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
