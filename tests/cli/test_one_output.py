"""Only one module writes to standard output and standard error; it escapes unsafe text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cstool

PACKAGE = Path(cstool.__file__).parent
CALLED = {"print"}
WRITES = {
    "sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__", "tqdm.write",
    "click.echo", "click.secho", "click.echo_via_pager", "click.confirm", "click.prompt",
    "click.progressbar", "traceback.print_exc", "traceback.print_exception", "warnings.warn",
}  # fmt: skip
# What may be asked of a stream, and whom it may be handed to.
ASKS = ("isatty", "flush", "encoding")
TAKES = {"tqdm.external_write_mode"}
ALLOWED = {
    "execution/terminal.py": "is that module",
    "cli/main.py": "a traceback for --debug; puts back the streams that click has replaced",
}


def dotted(node: ast.AST) -> str:
    """Return a name such as `sys.stdout.write`, "" for another expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def writes(source: str) -> Iterator[str]:
    """Yield the expressions of a module that write, or could write, to a standard stream."""
    tree = ast.parse(source)
    allowed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ASKS:
            allowed.add(node.value)
        if isinstance(node, ast.Call) and dotted(node.func) in TAKES:
            allowed.update(inner for word in node.keywords for inner in ast.walk(word))
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if f"{node.module}.{name.name}" in WRITES:
                    yield f"line {node.lineno}: from {node.module} import {name.name}"
    for node in ast.walk(tree):
        # `print` is a name of other things, too.
        called = isinstance(node, ast.Call)
        what = dotted(node.func if isinstance(node, ast.Call) else node)
        if what in (CALLED if called else WRITES) and node not in allowed:
            yield f"line {getattr(node, 'lineno', 0)}: {what}"


def test_no_other_module_writes() -> None:
    found = {
        name: wrong
        for path in PACKAGE.rglob("*.py")
        if (name := path.relative_to(PACKAGE).as_posix()) not in ALLOWED
        and (wrong := [*writes(path.read_text(encoding="utf-8"))])
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    ["print(1)", "click.echo(1)", "sys.stdout.write(x)", "sys.stderr.buffer.write(x)",
     "f(file=sys.stderr)", "tqdm.write(x)", "from click import echo", "out = sys.stdout",
     "traceback.print_exc()"],
)  # fmt: skip
def test_what_writes_is_found(source: str) -> None:
    assert [*writes(source)]


@pytest.mark.parametrize("source", ["sys.stdout.isatty()", "_print(x)", "fingerprint(x)"])
def test_code_that_does_not_write_is_ignored(source: str) -> None:
    assert not [*writes(source)]
