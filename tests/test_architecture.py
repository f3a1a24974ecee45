"""The shape of the package, read from its syntax trees."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

import arabic_conflict_nlp

PACKAGE = ROOT / "arabic_conflict_nlp"
MODULES = {file.stem: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.glob("*.py"))}

# From the ground up: a module imports only from layers below its own.
LAYERS = (
    ("errors", "labels", "charset", "version"),
    ("schema",),
    ("repair",),
    ("normalization",),
    ("segment",),
    ("bio", "tokenizer_files", "context"),
    ("encoding",),
    ("engines",),
    ("model_folder", "annotations", "onnx_export"),
    ("dataset", "splits"),
    ("tagger",),
    ("events",),
    ("metrics", "saving"),
    ("evaluation",),
    ("pipeline",),
    ("articles", "output", "table"),
    ("cli",),
    ("__init__", "__main__"),
)
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}
HEAVY = ("torch", "transformers", "onnxruntime", "datasets", "onnx", "tokenizers", "numpy")


def imports(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run when the module does: not those of functions, nor those for type checkers."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING":
            yield from imports(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            yield from imports(node.body + node.orelse + node.finalbody + [s for h in node.handlers for s in h.body])
        elif isinstance(node, ast.ClassDef):
            yield from imports(node.body)


def imported_modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Names of the package's own modules that a statement imports."""
    if isinstance(node, ast.Import):
        full = [alias.name for alias in node.names]
    elif node.level == 1:
        full = [f"arabic_conflict_nlp.{node.module or alias.name}" for alias in node.names]
    else:
        full = [node.module or ""]
    return [name.split(".")[1] for name in full if name.startswith("arabic_conflict_nlp.")]


def public_definitions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, bool]]:
    """Every public class, function and method, and whether it is a method."""
    for module, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                yield f"{module}.{node.name}", node, False
                members = node.body if isinstance(node, ast.ClassDef) else []
                for member in members:
                    public = isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and not member.name.startswith("_")
                    if public or (isinstance(member, ast.FunctionDef) and member.name == "__init__"):
                        yield f"{module}.{node.name}.{member.name}", member, True


def test_every_module_has_its_layer() -> None:
    assert sorted(LEVEL) == sorted(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    below = {name for node in imports(MODULES[module].body) for name in imported_modules(node)}
    assert {name for name in below if LEVEL[name] >= LEVEL[module]} == set()


def test_the_package_never_imports_the_training_programs() -> None:
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not any(alias.name.split(".")[0] == "training" for alias in node.names), module
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] != "training" and node.level <= 1, module


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"cli"}))
def test_nothing_but_the_command_line_prints(module: str) -> None:
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "pprint", "sys.stdout.write", "sys.stderr.write"), f"{module}:{node.lineno}"


def test_every_module_and_every_public_definition_has_a_docstring() -> None:
    assert [module for module, tree in MODULES.items() if not ast.get_docstring(tree)] == []
    bare = [name for name, node, _ in public_definitions() if not ast.get_docstring(node) and not name.endswith(".__init__")]
    assert bare == []


def test_every_public_definition_is_annotated() -> None:
    bare = []
    for name, node, is_method in public_definitions():
        if isinstance(node, ast.ClassDef):
            continue
        static = any(ast.unparse(decorator) == "staticmethod" for decorator in node.decorator_list)
        positional = node.args.posonlyargs + node.args.args
        arguments = positional[1 if is_method and not static else 0 :] + node.args.kwonlyargs
        arguments += [argument for argument in (node.args.vararg, node.args.kwarg) if argument]
        if node.returns is None or any(argument.annotation is None for argument in arguments):
            bare.append(name)
    assert bare == []


def test_all_is_sorted_and_every_name_in_it_resolves() -> None:
    assert arabic_conflict_nlp.__all__ == sorted(arabic_conflict_nlp.__all__)
    assert dir(arabic_conflict_nlp) == arabic_conflict_nlp.__all__
    for name in arabic_conflict_nlp.__all__:
        assert getattr(arabic_conflict_nlp, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'tagger_'"):
        arabic_conflict_nlp.tagger_  # noqa: B018


def test_names_come_from_where_their_definition_stands() -> None:
    for name, home in arabic_conflict_nlp._HOMES.items():
        assert getattr(arabic_conflict_nlp, name).__module__ == f"arabic_conflict_nlp.{home}"


@pytest.mark.parametrize(
    "statement", ["import arabic_conflict_nlp", "import arabic_conflict_nlp.cli", "import arabic_conflict_nlp.schema"]
)
def test_the_import_loads_nothing_heavy(statement: str) -> None:
    code = f"import sys; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    loaded = set(done.stdout.decode().split())
    assert "arabic_conflict_nlp" in loaded and not loaded & set(HEAVY)


def test_reading_annotations_needs_no_model_library() -> None:
    code = "import sys; from arabic_conflict_nlp import load_documents, normalize; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    assert not set(done.stdout.decode().split()) & {"torch", "transformers", "onnxruntime", "datasets"}


def test_every_module_imports_on_its_own() -> None:
    for module in sorted(set(MODULES) - {"__main__", "__init__"}):
        importlib.import_module(f"arabic_conflict_nlp.{module}")


def test_modules_stay_small() -> None:
    for file in PACKAGE.glob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, Path(file).name
