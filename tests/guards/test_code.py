"""Rules about the code that neither a linter nor a type checker can see.

Each allow-list gives a reason, and fails when an entry is no longer needed.
"""

import ast

WRITES = {
    "create", "bulk_create", "update", "bulk_update", "delete", "save",
    "get_or_create", "update_or_create", "aupdate", "acreate",
}  # fmt: skip

RECORDS = {"record", "record_all"}

WRITES_OUTSIDE_ACTIONS: dict[str, str] = {
    "exports/gate.py": "remembers up to which snapshot it has looked; that changes no decision",
}

ACTIONS_WITHOUT_AN_ENTRY: dict[str, str] = {
    "exports/actions/lease.py": "a lease is renewed: nothing happened to anybody",
}

SENDS = {"delay", "apply_async", "send_task", "delay_on_commit"}

SENDING_PLACES: dict[str, str] = {
    "platforms/hints.py": "sends from on_commit only; the row is the job",
}

CLEARED_FILES_ARE_MADE_IN = "exports/gate.py"


def is_actions(path):
    return path.split("/")[1] in ("actions.py", "actions")


def orm_writes(module, node):
    """Calls of a queryset's or manager's writing methods: ``X.objects...create(...)``."""
    for name, call in module.calls(node):
        text = ast.unparse(call.func)
        if name in WRITES and (".objects" in text or name == "save"):
            yield text


def test_only_the_gate_makes_a_cleared_file(modules):
    makers = {
        module.path for module in modules for name, _ in module.calls(module.tree)
        if name == "ClearedFile"
    }  # fmt: skip

    assert makers == {CLEARED_FILES_ARE_MADE_IN}


def test_rows_are_written_in_actions_only(modules):
    elsewhere = {
        module.path: list(orm_writes(module, module.tree))
        for module in modules
        if not is_actions(module.path) and list(orm_writes(module, module.tree))
    }

    assert set(elsewhere) == set(WRITES_OUTSIDE_ACTIONS), elsewhere


def test_every_module_of_actions_that_writes_records_what_happened(modules):
    silent = {
        module.path
        for module in modules
        if is_actions(module.path)
        and list(orm_writes(module, module.tree))
        and not RECORDS & {name for name, _ in module.calls(module.tree)}
    }

    assert silent == set(ACTIONS_WITHOUT_AN_ENTRY)


def test_messages_are_sent_from_one_place(modules):
    senders = {
        module.path for module in modules for name, _ in module.calls(module.tree)
        if name in SENDS
    }  # fmt: skip

    assert senders == set(SENDING_PLACES)


def test_that_place_sends_only_what_a_commit_lets_go(modules):
    (hints,) = (module for module in modules if module.path in SENDING_PLACES)
    sending = {
        function.name
        for function in hints.functions()
        if SENDS & {name for name, _ in hints.calls(function)}
        and not any(
            isinstance(node, ast.FunctionDef) for node in ast.walk(function) if node is not function
        )
    }
    called = {name for name, _ in hints.calls(hints.tree)}
    handed_over = {
        ast.unparse(argument)
        for name, call in hints.calls(hints.tree)
        if name == "on_commit"
        for argument in ast.walk(call)
        if isinstance(argument, ast.Name)
    }

    assert sending
    assert sending <= handed_over
    assert not sending & called


def test_no_sql_is_put_together_from_text(modules):
    composed = [
        f"{module.path}:{call.lineno}"
        for module in modules
        for name, call in module.calls(module.tree)
        if name in ("execute", "executemany", "raw", "RawSQL")
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]

    assert composed == []


def reraises(handler):
    """Cleaning up and passing the same error on is not catching it."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_no_exception_is_caught_without_a_name(modules):
    broad = [
        f"{module.path}:{handler.lineno}"
        for module in modules
        for handler in ast.walk(module.tree)
        if isinstance(handler, ast.ExceptHandler)
        and not reraises(handler)
        and (handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException"))
    ]

    assert broad == []


def test_no_module_is_a_drawer_for_everything(root):
    drawers = [
        path.relative_to(root).as_posix()
        for name in ("utils", "common", "core", "helpers", "misc")
        for path in root.glob(f"[!.v]*/**/{name}*")
    ]

    assert drawers == []


def test_no_test_folder_is_a_package_that_could_hide_an_app(root):
    assert list((root / "tests").rglob("__init__.py")) == []
