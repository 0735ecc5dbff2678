"""What no line of the product does, read from its syntax: each rule, what it found, why that may stay.

SQL is made of constants and parameters; money meets no float; below the doors nobody asks a clock; nothing
runs text as code or in a shell, opens what it cannot trust, or calls others but through gateways/outgoing.
Local rules on Python's own parser do what a scanner's would, without its forty packages beside ours.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.figures import Figure

SRC = Path(__file__).parents[2] / "src" / "duewell"
MODULES = sorted(SRC.rglob("*.py"))
Found = Iterator[tuple[int, str]]


def _name(node: ast.expr) -> str:
    """`a.b.c` as it is written; an empty text for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _name(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, _name(node.func)


def _is_constant(node: ast.expr, bound: dict[str, ast.expr]) -> bool:
    """Whether a piece of SQL is fixed when the module is loaded."""
    last = _name(node).rpartition(".")[2]
    if isinstance(node, ast.Constant) or (last and last.lstrip("_").isupper()):
        return True
    if isinstance(node, ast.JoinedStr):
        return all(_is_constant(each, bound) for each in node.values)
    if isinstance(node, ast.FormattedValue):
        return _is_constant(node.value, bound)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_constant(node.left, bound) and _is_constant(node.right, bound)
    if isinstance(node, ast.IfExp):
        return _is_constant(node.body, bound) and _is_constant(node.orelse, bound)
    if isinstance(node, ast.Name) and node.id in bound:
        return _is_constant(bound[node.id], {k: v for k, v in bound.items() if k != node.id})
    return False


def sql_made_up(tree: ast.AST, room: str) -> Found:
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef):
            continue
        bound = {
            each.targets[0].id: each.value
            for each in ast.walk(scope)
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
        }
        for call, name in _calls(scope):
            is_sql = name.rpartition(".")[2] in ("execute", "executemany", "copy") and call.args
            if is_sql and not _is_constant(call.args[0], bound) and _is_text(call.args[0], bound):
                yield call.lineno, "SQL made of more than constants"


def _is_text(node: ast.expr, bound: dict[str, ast.expr]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in bound and _is_text(bound[node.id], {})
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        # psycopg's own sql.SQL quotes what it is given; a text does not.
        return not (isinstance(node.func.value, ast.Call) and _name(node.func.value.func) == "sql.SQL")
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def floats(tree: ast.AST, room: str) -> Found:
    if room in ("domain", "store", "services", "api"):
        for call, name in _calls(tree):
            if name == "float":
                yield call.lineno, "a float"


def clocks(tree: ast.AST, room: str) -> Found:
    names = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "time.monotonic", "time.localtime")
    if room in ("domain", "store", "services", "gateways", "analytics"):
        for call, name in _calls(tree):
            if name.endswith(names):
                yield call.lineno, name


def code_run(tree: ast.AST, room: str) -> Found:
    names = ("eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "marshal.loads")
    for call, name in _calls(tree):
        is_shell = any(each.arg == "shell" for each in call.keywords)
        if name in names or name.startswith(("pickle.", "shelve.", "dill.")) or is_shell:
            yield call.lineno, name


def outside_calls(tree: ast.AST, room: str) -> Found:
    if room == "client":  # runs at the caller's, not in the product
        return
    names = (
        "httpx",
        "requests",
        "urllib.request",
        "urllib3",
        "http.client",
        "aiohttp",
        "ftplib",
        "smtplib",
        "xmlrpc",
    )
    for node in ast.walk(tree):
        told = []
        if isinstance(node, ast.Import):
            told = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            told = [node.module or ""]
        for each in told:
            if each in names:
                yield node.lineno, each


def xml_with_entities(tree: ast.AST, room: str) -> Found:
    for node in ast.walk(tree):
        told = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        told += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for each in told:
            if each.startswith(("xml.", "lxml")):
                yield node.lineno, each


def weak_secrets(tree: ast.AST, room: str) -> Found:
    for call, name in _calls(tree):
        if name in ("hashlib.md5", "hashlib.sha1", "uuid.uuid1") or name.startswith("random."):
            yield call.lineno, name


RULES: dict[str, Callable[[ast.AST, str], Found]] = {
    "SQL made up": sql_made_up,
    "floats": floats,
    "clocks below the doors": clocks,
    "code or shell run": code_run,
    "calls to others": outside_calls,
    "XML": xml_with_entities,
    "weak secrets": weak_secrets,
}

_TABLES = "names of tables and columns are constants of the module, gone through in a loop"
REASONS: dict[tuple[str, str], str] = {
    ("SQL made up", "store/bulk.py"): _TABLES,
    ("SQL made up", "store/clocking.py"): _TABLES,
    (
        "SQL made up",
        "store/closing.py",
    ): "one of the module's own conditions is put into the module's own query",
    ("SQL made up", "store/forking.py"): "names of columns come from the catalogue of the database itself",
    (
        "SQL made up",
        "store/outbox.py",
    ): "the module's own list of columns, each with the table's letter before it",
    ("SQL made up", "store/slices.py"): "a snapshot takes no parameter; its name is the server's own",
    (
        "SQL made up",
        "store/webhooks.py",
    ): "the module's own list of columns, each with the table's letter before it",
    ("floats", "api/_problems.py"): "the weight of a language in Accept-Language",
    (
        "code or shell run",
        "gateways/lending_club.py",
    ): "a reader that knows the shapes of one table and no other",
    ("calls to others", "gateways/outgoing.py"): "this is where calls to addresses chosen by others leave",
    ("calls to others", "gateways/codes.py"): "the mail server the operator names",
    (
        "calls to others",
        "gateways/rails/wallet.py",
    ): "the provider the operator names, by https and its certificate",
    (
        "calls to others",
        "gateways/rails/simulators/wallet.py",
    ): "a simulator, which notifies the server that started it on this machine",
    ("XML", "gateways/rails/_xml.py"): "refuses document types and entities, bounded in depth and size",
    ("XML", "gateways/rails/pain_out.py"): "writes, never reads",
    ("XML", "gateways/rails/simulators/bank.py"): "writes, never reads",
}
"""Why a module may do what a rule finds, by rule and module."""


def found() -> list[tuple[str, str, int, str]]:
    told = []
    for path in MODULES:
        place = str(path.relative_to(SRC))
        room = path.relative_to(SRC).parts[0]
        tree = ast.parse(path.read_text("utf-8"))
        told += [(rule, place, line, what) for rule, look in RULES.items() for line, what in look(tree, room)]
    return told


def test_nothing_dangerous_stands_without_a_reason(figure: Figure) -> None:
    everything = found()
    bare = [each for each in everything if (each[0], each[1]) not in REASONS]
    count = f"{len(RULES)} rules, {len(MODULES)} modules, {len(everything)} findings"
    figure(f"dangers: {count}, {len(bare)} without a reason.")
    assert bare == []


def test_no_reason_is_kept_for_what_is_gone() -> None:
    assert set(REASONS) == {(rule, place) for rule, place, _, _ in found()} & set(REASONS)


BAD = {
    "SQL made up": 'def f(c, name):\n    c.execute(f"select * from {name}")\n',
    "floats": "def f(x):\n    return float(x)\n",
    "clocks below the doors": "def f():\n    return datetime.now()\n",
    "code or shell run": "def f(x):\n    subprocess.run(x, shell=True)\n    eval(x)\n    pickle.loads(x)\n",
    "calls to others": "import requests\nfrom urllib.request import urlopen\n",
    "XML": "from xml.etree import ElementTree\n",
    "weak secrets": "def f():\n    return hashlib.md5(random.random())\n",
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_what_it_is_for(rule: str) -> None:
    assert list(RULES[rule](ast.parse(BAD[rule]), "store"))


@pytest.mark.parametrize(
    "text",
    [
        'def f(c, name):\n    sql = "select " + name\n    c.execute(sql)\n',
        'def f(c, name):\n    c.execute("select * from {}".format(name))\n',
        'def f(c, name):\n    c.execute("select * from %s" % name)\n',
    ],
)
def test_sql_is_found_however_it_is_made_up(text: str) -> None:
    assert list(sql_made_up(ast.parse(text), "store"))
