"""The reference of the API as a page: made from its document, nothing fetched from elsewhere.

Needs    the OpenAPI document; the sentences of problems.
Gives    page, problems_page.
Never    needs a script.
Source   docs/reference/api.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from fastapi import Response

from duewell.catalogues import render
from duewell.domain.texts import Message

_STYLE = (files(__package__) / "reference.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def page(document: dict[str, Any], lang: str) -> Response:
    """Every route with its permission, its arguments, its shapes, and a call to copy."""
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation.get("tags", ["system"])[0], []).append((method, path, operation))
    shapes = document["components"]["schemas"]
    body = [f"<header><h1>Duewell API {escape(document['info']['version'])}</h1>"]
    body.append(f"<p>{escape(render(Message('api-reference-lead'), lang))}</p></header><nav><ul>")
    for _, _, operation in (each for group in groups.values() for each in group):
        name, summary = operation["operationId"], operation.get("summary", "")
        body.append(f'<li><a href="#{escape(name)}">{escape(summary)}</a></li>')
    body.append("</ul></nav><main>")
    for tag, routes in groups.items():
        body.append(f"<h2>{escape(tag)}</h2>")
        for method, path, operation in routes:
            body += _route(method, path, operation, shapes)
    return _html("Duewell API", "".join(body) + "</main>", lang)


def _route(method: str, path: str, operation: dict[str, Any], shapes: dict[str, Any]) -> Iterator[str]:
    yield f'<section id="{escape(operation["operationId"])}"><h3><span class="verb">{method.upper()}</span> '
    yield f"<code>{escape(path)}</code></h3><p>{escape(operation.get('description', ''))}</p>"
    yield f'<p class="soft">permission <code>{escape(operation["x-permission"])}</code></p>'
    rows = [
        (each["name"], each["in"], each.get("description", ""), each.get("required", False))
        for each in operation.get("parameters", ())
    ]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    given = _shape(content.get("schema", {}), shapes)
    rows += [
        (name, "body", _kind(each), name in given.get("required", ()))
        for name, each in given.get("properties", {}).items()
    ]
    if rows:
        yield '<div class="wide"><table><tr><th>name</th><th>in</th><th></th><th>needed</th></tr>'
        for name, where, told, needed in rows:
            yield f"<tr><td><code>{escape(name)}</code></td><td>{where}</td><td>{escape(told)}</td>"
            yield f"<td>{'yes' if needed else ''}</td></tr>"
        yield "</table></div>"
    yield f"<pre>{escape(_call(method, path, operation, given))}</pre>"
    for status, told in operation["responses"].items():
        contents: list[dict[str, Any]] = list(told.get("content", {}).values())
        shape = contents[0].get("schema", {}) if contents else {}
        fields = ", ".join(_shape(shape, shapes).get("properties", {}))
        yield f'<p class="soft">{escape(status)}: {escape(fields or told["description"])}</p>'
    yield "</section>"


def _shape(schema: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = shapes.get(name, schema)
    return found


def _kind(schema: dict[str, Any]) -> str:
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    told = kinds[0] if kinds else {}
    words = [str(told.get("type", "")), told.get("description", schema.get("description", ""))]
    if "enum" in told:
        words.append(" | ".join(map(str, told["enum"])))
    return ". ".join(word for word in words if word)


def _call(method: str, path: str, operation: dict[str, Any], given: dict[str, Any]) -> str:
    """A call to copy, with a value in every place."""
    lines = [f'curl -X {method.upper()} "$DUEWELL{path}"']
    if operation["x-permission"] != "public":
        lines.append('  -H "Authorization: Bearer $KEY"')
    if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ())):
        lines.append('  -H "Idempotency-Key: my-first-request"')
    if given.get("properties"):
        wanted = given.get("required", ())
        needed = {name: _example(each) for name, each in given["properties"].items() if name in wanted}
        lines.append(f"  -H 'Content-Type: application/json' -d '{json.dumps(needed)}'")
    return " \\\n".join(lines)


def _example(schema: dict[str, Any]) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    return {"integer": 12, "boolean": True, "array": [], "object": {}}.get(schema.get("type", ""), "...")


def problems_page(sentences: Mapping[str, str], lang: str) -> Response:
    """Every code with its sentence, to be linked to from a problem."""
    rows = "".join(
        f'<tr id="{escape(code)}"><td><code>{escape(code)}</code></td><td>{escape(text)}</td></tr>'
        for code, text in sentences.items()
    )
    title = escape(render(Message("cli-problems-title"), lang))
    return _html(title, f'<main><h1>{title}</h1><div class="wide"><table>{rows}</table></div></main>', lang)


def _html(title: str, body: str, lang: str) -> Response:
    text = (
        f'<!doctype html><html lang="{"zh-Hans" if lang == "zh" else "en"}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style>{body}</html>"
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "public, max-age=300"}
    return Response(text.encode(), 200, headers, "text/html; charset=utf-8")
