import ast
from pathlib import Path

from pipeline.understand import again, dates, keyed
from schemas.explanation import CHECKS

UNDERSTAND = Path(again.__file__).parent
NAMED = {again.CHECK, again.SETTLED, dates.FIGURES, keyed.CHECK, "reviewed"}


def test_every_check_is_explained_in_plain_words():
    calls = [
        node
        for path in UNDERSTAND.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Check"
    ]
    names = {
        keyword.value.value
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }
    assert len(names) > 20
    assert names | NAMED <= CHECKS.keys()
