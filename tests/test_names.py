"""Names in the package: no two public classes and, with exceptions, no two modules share one."""

import ast
from collections import Counter
from pathlib import Path

import cstool

PACKAGE = Path(cstool.__file__).parent
# Within these packages a module's name says its role: `stage.py`, `rows.py`, `push.py`.
ROLES = {"stages", "report", "cli"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def repeated(names: list[str]) -> list[str]:
    return [name for name, number in Counter(names).items() if number > 1]


def test_no_two_public_classes_share_a_name() -> None:
    classes = [
        node.name
        for path in MODULES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    assert len(classes) > 100
    assert repeated(classes) == []


def test_no_two_modules_share_a_name() -> None:
    names = [
        path.stem
        for path in MODULES
        if path.stem != "__init__" and path.relative_to(PACKAGE).parts[0] not in ROLES
    ]
    assert len(names) > 100
    assert repeated(names) == []
