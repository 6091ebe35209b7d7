"""Bad instances, plans and certificates in columns: good ones, and named edits of them with one thing wrong."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Arrays = dict[str, Any]
Made = Mapping[str, bytes]  # the files of a folder, or one file under the name ""
HEAD: dict[str, Any] = {
    "columns": 1,
    "time": {"start": "2026-03-28T00:00Z", "slot": "1h", "horizon": "1d"},
    "pools": [
        {"id": "own", "capacity": {"gpu": 4}, "price": {"gpu": 1}},
        {"id": "cloud", "capacity": {"gpu": 8, "cpu": 8}, "price": {"gpu": 2}},
    ],
    "resources": ["gpu", "cpu"],
}


def text(document: object) -> Any:
    """A document as an array of bytes."""
    return np.frombuffer(json.dumps(document).encode(), np.uint8)


INSTANCE: Arrays = {
    "head": text(HEAD),
    "task_release": np.array([0, 0, 2], np.int32),
    "task_deadline": np.array([24, 24, 24], np.int32),
    "task_copies": np.array([1, 1, 2], np.int32),
    "task_value": np.array([-1, -1, 500], np.int64),
    "task_due": np.array([-1, 12, -1], np.int32),
    "task_late_cost": np.array([0, 100, 0], np.int64),
    "option_ptr": np.array([0, 2, 3, 4], np.int64),
    "option_pool": np.array([0, 1, 0, 1], np.int32),
    "option_slots": np.array([2, 1, 3, 2], np.int32),
    "option_uses": np.array([[1, 0], [1, 1], [2, 0], [1, 2]], np.int32),
    "option_cost": np.array([0, 0, 0, 50], np.int64),
}


def npy(array: Any) -> bytes:
    """An array as a file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array))
    return buffer.getvalue()


def zipped(members: list[tuple[str, bytes]], how: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return buffer.getvalue()


def members(arrays: Arrays, **changed: bytes) -> list[tuple[str, bytes]]:
    """The members of an `.npz`, some of them with other bytes."""
    return [(f"{name}.npy", changed.get(name, b"") or npy(array)) for name, array in arrays.items()]


def packed(arrays: Arrays, **changed: Any) -> bytes:
    """An `.npz` with some arrays changed, or left out where None."""
    return zipped(members({name: array for name, array in {**arrays, **changed}.items() if array is not None}))


def header(descr: object, shape: object, fortran: object = False, body: bytes = b"") -> bytes:
    """An array with any header."""
    words = f"{{'descr': {descr!r}, 'fortran_order': {fortran!r}, 'shape': {shape!r}, }}".encode()
    words += b" " * (63 - (len(words) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(words).to_bytes(2, "little") + words + body


def head(**changed: Any) -> Any:
    """The head with some keys changed."""
    return text({key: value for key, value in {**HEAD, **changed}.items() if value is not None})


def flagged(data: bytes, offset: int, value: bytes) -> bytes:
    """With other bytes in the entry of the first member in the table of contents."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + value + data[at + len(value) :]


GOOD = packed(INSTANCE)
SUMMARY = {
    "leptonopt_plan_columns": 1, "status": "feasible", "stop": "done", "cost": 17, "cost_exact": "17",
    "bound": None, "bound_exact": None, "gap": None, "instance": {"name": "unnamed", "file": "x", "sha256": hashlib.sha256(GOOD).hexdigest()},
    "currency": "USD", "tasks": 3, "options": 4, "running": 4, "left_out": 0, "why": [], "method": "scale",
    "made": {
        "leptonopt": "0.1.0", "python": "3.11.0", "engines": {}, "seed": 0,
        "limits": {"time_limit": 60.0, "gap": 0.0, "threads": 1, "deterministic": False}, "seconds": {}, "money_loss": "0",
    },
    "proof": {"by": [], "confirmed_by": [], "confirmation": None, "certified": None},
    "trace": [],
}  # fmt: skip
PLAN: Arrays = {
    "summary": text(SUMMARY),
    "task": np.array([0, 1, 2], np.int32),
    "option": np.array([0, 2, 3], np.int32),
    "start": np.array([0, 0, 2], np.int32),
    "count": np.array([1, 1, 2], np.int32),
}
PROOF = {"leptonopt_certificate_columns": 1, "sha256": None, "unit": "1/100", "bound": "0"}
CERTIFICATE: Arrays = {"head": text(PROOF), "price": np.zeros((3, 24), np.int64)}
PICKLE = b"cos\nsystem\n(S'exit 1'\ntR."
RELEASE = INSTANCE["task_release"]
# Instances: bytes of an .npz, and what is said of it by `solve` and `validate`.
BAD_NPZ: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not a file of columns"),
    "text": (lambda: b"time: {}\n", "not a file of columns"),
    "a lone array": (lambda: npy([1]), "not a file of columns"),
    "a pickle": (lambda: PICKLE, "not a file of columns"),
    "cut in half": (lambda: GOOD[: len(GOOD) // 2], "not a file of columns"),
    "cut by a byte": (lambda: GOOD[:-1], "not a file of columns"),
    "a byte flipped": (lambda: GOOD.replace(npy(RELEASE)[-4:], b"\xff\xff\xff\x7f", 1), "Bad CRC-32"),
    "encrypted": (lambda: flagged(GOOD, 8, b"\1"), "encrypted"),
    "packed unheard of": (lambda: flagged(GOOD, 10, b"\x63"), "not a file of columns"),
    "offset beyond the end": (lambda: flagged(GOOD, 42, b"\xff\xff\xff\x7f"), "not a file of columns"),
    "a zip bomb": (
        lambda: zipped(members(INSTANCE, task_release=header("<i8", (2**26,), body=bytes(2**29))), zipfile.ZIP_DEFLATED),
        "512 MiB; at most 320 MiB are read; set LEPTONOPT_MAX_SIZE",
    ),
    "a size that is a lie": (lambda: flagged(GOOD, 24, b"\0\0\0\x7f"), "2,032 MiB; at most 320 MiB are read"),
    "a member twice": (lambda: zipped([*members(INSTANCE), ("task_release.npy", npy(RELEASE))]), "stands twice"),
    "a thousand members": (lambda: zipped([(f"a{at}.npy", b"") for at in range(1000)]), "1000 arrays; at most 64"),
    "a path upwards": (lambda: zipped([*members(INSTANCE), ("../../evil.npy", npy([1]))]), "../../evil: there is no such"),
    "a whole path": (lambda: zipped([*members(INSTANCE), ("/etc/evil.npy", npy([1]))]), "/etc/evil: there is no such"),
    "a name that colours": (lambda: zipped([*members(INSTANCE), ("a\x1b[31m\nb.npy", npy([1]))]), "there is no such column"),
    "a text among arrays": (lambda: zipped([*members(INSTANCE), ("readme.txt", b"hello")]), "readme.txt: its header"),
    "a folder among arrays": (lambda: zipped([*members(INSTANCE), ("folder/", b"")]), "folder/: its header"),
    "objects": (lambda: zipped(members(INSTANCE, task_release=header("|O", (3,), body=PICKLE))), "numbers of object"),
    "a structure": (lambda: zipped(members(INSTANCE, task_release=header([("a", "<i4")], (3,), body=bytes(12)))), "whole numbers"),
    "code in the header": (lambda: zipped(members(INSTANCE, task_release=header("<i4", (3,)).replace(b"'<i4'", b"exit()"))), "cannot be read"),
    "a header of brackets": (lambda: zipped(members(INSTANCE, task_release=b"\x93NUMPY\x01\0\xff\xff" + b"(" * 65535)), "cannot be read"),
    "a header without end": (lambda: zipped(members(INSTANCE, task_release=b"\x93NUMPY\x02\0\xff\xff\xff\xff{")), "cannot be read"),
    "version 9": (lambda: zipped(members(INSTANCE, task_release=b"\x93NUMPY\x09\0" + bytes(99))), "cannot be read"),
    "only the magic word": (lambda: zipped(members(INSTANCE, task_release=b"\x93NUMPY")), "cannot be read"),
    "a huge shape": (lambda: zipped(members(INSTANCE, task_release=header("<i8", (2**40,)))), "a whole array is needed"),
    "a shape beyond all": (lambda: zipped(members(INSTANCE, task_release=header("<i8", (2**62, 9)))), "a whole array is needed"),
    "a huge shape of nothing": (lambda: zipped(members(INSTANCE, option_uses=header("<i8", (2**62, 0)))), "not a file of columns"),
    "a negative shape": (lambda: zipped(members(INSTANCE, task_release=header("<i8", (-3,)))), "shape (-3,)"),
    "a shape in words": (lambda: zipped(members(INSTANCE, task_release=header("<i8", "abc"))), "cannot be read"),
    "a shape of halves": (lambda: zipped(members(INSTANCE, task_release=header("<i4", (3.0,), body=bytes(12)))), "cannot be read"),
    "an array too short": (lambda: zipped(members(INSTANCE, task_release=header("<i4", (3,), body=b"abc"))), "3 bytes, by its header 12"),
    "an array too long": (lambda: zipped(members(INSTANCE, task_release=npy(RELEASE) + b"z")), "13 bytes, by its header 12"),
    "floats": (lambda: packed(INSTANCE, task_release=RELEASE.astype(float)), "numbers of float64; whole numbers"),
    "not a number": (lambda: packed(INSTANCE, option_cost=np.full(4, np.nan)), "numbers of float64; whole numbers"),
    "complex numbers": (lambda: packed(INSTANCE, task_release=RELEASE + 1j), "numbers of complex128"),
    "texts": (lambda: packed(INSTANCE, task_release=np.array(["a", "b", "c"])), "numbers of <U1"),
    "dates": (lambda: packed(INSTANCE, task_release=RELEASE.astype("datetime64[s]")), "numbers of datetime64[s]"),
    "big-endian": (lambda: packed(INSTANCE, task_release=RELEASE.astype(">i4")), "(little-endian) are allowed"),
    "Fortran order": (lambda: packed(INSTANCE, option_uses=np.asfortranarray(INSTANCE["option_uses"])), "rows are allowed"),
    "a single number": (lambda: packed(INSTANCE, option_pool=np.int64(0)), "option_pool: shape ()"),
    "three dimensions": (lambda: packed(INSTANCE, option_uses=np.zeros((4, 2, 1), int)), "option_uses: shape (4, 2, 1)"),
    "no head": (lambda: packed(INSTANCE, head=None), "has no array 'head'"),
    "no pointers": (lambda: packed(INSTANCE, option_ptr=None), "has no array 'option_ptr'"),
    "no uses": (lambda: packed(INSTANCE, option_uses=None), "has no column 'option_uses'"),
    "no releases": (lambda: packed(INSTANCE, task_release=None), "has no column 'task_release'"),
    "pointers negative": (lambda: packed(INSTANCE, option_ptr=np.array([0, -1, 3, 4])), "it ascends from 0 to 4"),
    "pointers that fall": (lambda: packed(INSTANCE, option_ptr=np.array([0, 3, 2, 4])), "it ascends from 0 to 4"),
    "pointers without sign that fall": (lambda: packed(INSTANCE, option_ptr=np.array([0, 3, 2, 4], "u8")), "it ascends from 0 to 4"),
    "pointers beyond": (lambda: packed(INSTANCE, option_ptr=np.array([0, 2, 3, 9])), "it ascends from 0 to 4"),
    "pointers from 1": (lambda: packed(INSTANCE, option_ptr=np.array([1, 2, 3, 4])), "it ascends from 0 to 4"),
    "pointers too few": (lambda: packed(INSTANCE, option_ptr=np.array([0, 2, 4])), "(4,) is what the other columns have"),
    "pointers none": (lambda: packed(INSTANCE, option_ptr=np.zeros(0, int)), "(4,) is what the other columns have"),
    "pointers in a row": (lambda: packed(INSTANCE, option_ptr=INSTANCE["option_ptr"][None]), "(4,) is what the other columns have"),
    "pointers as halves": (lambda: packed(INSTANCE, option_ptr=np.array([0, 2.0, 3, 4])), "numbers of float64"),
    "a column too short": (lambda: packed(INSTANCE, task_deadline=np.array([24, 24])), "(3,) is what the other columns have"),
    "a column unknown": (lambda: packed(INSTANCE, task_colour=RELEASE), "task_colour: there is no such column"),
    "no tasks": (lambda: packed({name: array[:0] for name, array in INSTANCE.items()}, head=INSTANCE["head"], option_ptr=np.zeros(1, int)), "no tasks; at least one"),
    "a pool of none": (lambda: packed(INSTANCE, option_pool=np.array([0, 2, 0, 1])), "option_pool[1]: 2; 0 to 1 is allowed"),
    "a pool below": (lambda: packed(INSTANCE, option_pool=np.array([0, -1, 0, 1])), "option_pool[1]: -1; 0 to 1 is allowed"),
    "a resource that the pool lacks": (lambda: packed(INSTANCE, option_uses=np.array([[1, 1], [1, 1], [2, 0], [1, 2]])), "the pool has no such resource"),
    "uses negative": (lambda: packed(INSTANCE, option_uses=np.array([[-1, 0], [1, 1], [2, 0], [1, 2]])), "option_uses[0]: [-1, 0]; 0 to"),
    "uses of three resources": (lambda: packed(INSTANCE, option_uses=np.ones((4, 3), int)), "(4, 2) is what the other columns have"),
    "no duration": (lambda: packed(INSTANCE, option_slots=np.array([-1, 1, 3, 2])), "option_slots[0]: -1; 0 to"),
    "a duration without end": (lambda: packed(INSTANCE, option_slots=np.array([2**62, 1, 3, 2])), "0 to 1000000 is allowed"),
    "a cost negative": (lambda: packed(INSTANCE, option_cost=np.array([-1, 0, 0, 0])), "option_cost[0]: -1; 0 to"),
    "a release beyond": (lambda: packed(INSTANCE, task_release=np.array([24, 0, 2])), "task_release[0]: 24; 0 to 23"),
    "a deadline beyond": (lambda: packed(INSTANCE, task_deadline=np.array([25, 24, 24])), "task_deadline[0]: 25; 1 to 24"),
    "a deadline first": (lambda: packed(INSTANCE, task_deadline=np.array([24, 24, 2])), "it must come after the release"),
    "no copies": (lambda: packed(INSTANCE, task_copies=np.array([0, 1, 1])), "task_copies[0]: 0; 1 to"),
    "copies beyond 64 bits of sign": (lambda: packed(INSTANCE, task_copies=np.full(3, 2**64 - 1, "u8")), "(3 such rows)"),
    "a value below": (lambda: packed(INSTANCE, task_value=np.array([-2, -1, 5])), "task_value[0]: -2; -1 to"),
    "after another": (lambda: packed(INSTANCE, task_after=np.array([-1, 0, -1])), "precedence is not solved from columns"),
    "head of floats": (lambda: packed(INSTANCE, head=INSTANCE["head"].astype(float)), "head: numbers of float64"),
    "head of wide numbers": (lambda: packed(INSTANCE, head=INSTANCE["head"].astype(int)), "head: numbers of int64; JSON"),
    "head of nothing": (lambda: packed(INSTANCE, head=np.zeros(0, np.uint8)), "head:1: not JSON"),
    "head not JSON": (lambda: packed(INSTANCE, head=np.frombuffer(b'{"a', np.uint8)), "head:1: not JSON"),
    "head of a list": (lambda: packed(INSTANCE, head=text([])), "no mapping at its top"),
    "head of brackets": (lambda: packed(INSTANCE, head=np.frombuffer(b"[" * 100_000, np.uint8)), "nested too deeply; at most"),
    "head in UTF-16": (lambda: packed(INSTANCE, head=np.frombuffer("{}".encode("utf-16"), np.uint8)), "not UTF-8 text; JSON in UTF-8"),
    "head with a key twice": (lambda: packed(INSTANCE, head=np.frombuffer(b'{"columns":1,"columns":1}', np.uint8)), "stands twice"),
    "head with a number that is none": (lambda: packed(INSTANCE, head=head(name=float("nan"))), "not a finite number"),
    "head with a number beyond all": (lambda: packed(INSTANCE, head=np.frombuffer(json.dumps(HEAD).replace('"gpu": 1}', '"gpu": 1e999999999}').encode(), np.uint8)), "out of range; at most 10^60"),
    "head of version 2": (lambda: packed(INSTANCE, head=head(columns=2)), "version 1 of the format is allowed"),
    "head without time": (lambda: packed(INSTANCE, head=head(time=None)), "head: time: is missing"),
    "head with pools as number": (lambda: packed(INSTANCE, head=head(pools=5)), "head: pools: 5 is not a list"),
    "head with pools as text": (lambda: packed(INSTANCE, head=head(pools="own")), "head: pools: 'own' is not a list"),
    "head with a pool as number": (lambda: packed(INSTANCE, head=head(pools=[1])), "pools[0]: 1 is not a mapping"),
    "head with a pool called by a list": (lambda: packed(INSTANCE, head=head(pools=[{"id": [], "capacity": {"gpu": 1}}])), "pools[0].id: [] is not a name"),
    "head with tasks": (lambda: packed(INSTANCE, head=head(tasks=[{}])), "tasks are columns here"),
    "head with quotas": (lambda: packed(INSTANCE, head=head(quotas=[{}])), "the rule quota has no columns"),
    "head with nodes": (lambda: packed(INSTANCE, head=head(pools=[{**HEAD["pools"][0], "nodes": [1]}, HEAD["pools"][1]])), "the rule nodes has no columns"),
    "head with resources as text": (lambda: packed(INSTANCE, head=head(resources="gc")), "resources: 'gc'; a list of names"),
    "head with resources as number": (lambda: packed(INSTANCE, head=head(resources=5)), "resources: '5'; a list of names"),
    "head with a resource as mapping": (lambda: packed(INSTANCE, head=head(resources=[{}, {}])), "a list of names is allowed"),
    "head with a resource twice": (lambda: packed(INSTANCE, head=head(resources=["gpu", "gpu"])), "a name stands twice"),
    "head with a key unknown": (lambda: packed(INSTANCE, head=head(colour=1)), "colour: is not a key that is known here"),
}  # fmt: skip

CSV = {
    "head.json": json.dumps(HEAD).encode(),
    "tasks.csv": b"release,deadline,copies\n0,24,1\n0,24,1\n2,24,2\n",
    "options.csv": b"task,pool,slots,gpu,cpu\n0,0,2,1,0\n0,1,1,1,1\n1,0,3,2,0\n2,1,2,1,2\n",
}
# Instances: a file of a folder with one thing wrong, and what is said of it.
BAD_CSV: dict[str, tuple[str, bytes | None, str]] = {
    "no tasks": ("tasks.csv", None, "has neither tasks.csv nor tasks.parquet"),
    "no options": ("options.csv", None, "has neither options.csv nor options.parquet"),
    "a head that is no JSON": ("head.json", b"{", "head.json: head:1: not JSON"),
    "an empty head": ("head.json", b"", "head.json: head:1: not JSON"),
    "empty tasks": ("tasks.csv", b"", "tasks.csv:2: no tasks; at least one line"),
    "tasks without lines": ("tasks.csv", b"release,deadline\n", "tasks.csv:2: no tasks; at least one line"),
    "a word": ("tasks.csv", CSV["tasks.csv"].replace(b"2,24", b"x,24"), "whole numbers are allowed"),
    "half a number": ("tasks.csv", CSV["tasks.csv"].replace(b"2,24", b"2.5,24"), "whole numbers are allowed"),
    "nan": ("tasks.csv", CSV["tasks.csv"].replace(b"2,24", b"nan,24"), "whole numbers are allowed"),
    "a number beyond 64 bits": ("tasks.csv", CSV["tasks.csv"].replace(b"2,24", b"9" * 30 + b",24"), "whole numbers are allowed"),
    "a value too few": ("tasks.csv", CSV["tasks.csv"].replace(b"0,24,1\n0", b"0,24\n0"), "whole numbers are allowed"),
    "a value too many in every line": ("tasks.csv", b"release,deadline\n0,24,1\n", "2 names in the first line, 3 numbers"),
    "a name twice": ("tasks.csv", b"release,release\n0,24\n", "a column stands twice"),
    "Latin-1": ("tasks.csv", b"release,deadline\n0,\xe924\n", "whole numbers are allowed"),
    "NUL": ("tasks.csv", CSV["tasks.csv"] + b"\0", "allowed"),
    "UTF-16": ("tasks.csv", CSV["tasks.csv"].decode().encode("utf-16"), "tasks.csv"),
    "a zip": ("tasks.csv", GOOD, "tasks.csv"),
    "a column unknown": ("tasks.csv", CSV["tasks.csv"].replace(b"copies", b"colour"), "task_colour: there is no such column"),
    "options without task": ("options.csv", CSV["options.csv"].replace(b"task", b"tusk"), "has no column 'task'"),
    "options without a resource": ("options.csv", CSV["options.csv"].replace(b"cpu", b"cpus"), "has no column 'cpu'"),
    "options that do not ascend": ("options.csv", CSV["options.csv"].replace(b"0,1,1,1,1", b"2,1,1,1,1"), "options.csv:4: task: 1; positions from 0 to 2, ascending"),
    "options of nobody": ("options.csv", CSV["options.csv"].replace(b"2,1,2", b"3,1,2"), "options.csv:5: task: 3; positions from 0 to 2"),
    "options of -1": ("options.csv", CSV["options.csv"].replace(b"0,0,2", b"-1,0,2"), "options.csv:2: task: -1; positions"),
    "a pool of none": ("options.csv", CSV["options.csv"].replace(b"2,1,2", b"2,7,2"), "options.csv:5: pool: 7; 0 to 1 is allowed"),
    "no Parquet": ("tasks.parquet", b"hello", "not a Parquet file"),
}  # fmt: skip

# Plans: an .npz, the exit code of `verify`, and what is said.
BAD_PLANS: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "empty": (lambda: b"", 3, "plan.npz: not a file of columns"),
    "a pickle": (lambda: PICKLE, 3, "plan.npz: not a file of columns"),
    "the instance": (lambda: GOOD, 3, "is an instance in columns, not a plan"),
    "for another instance": (lambda: packed(PLAN, summary=text({**SUMMARY, "instance": {**SUMMARY["instance"], "sha256": "0" * 64}})), 6, "form: instance: the plan is for another instance"),
    "of another name": (lambda: packed(PLAN, summary=text({**SUMMARY, "instance": {**SUMMARY["instance"], "name": "x"}})), 6, "form: instance.name: is 'x', not 'unnamed'"),
    "an array too many": (lambda: packed({**PLAN, "more": np.array([1])}), 6, "form: the plan has a column 'more'"),
    "a word too many": (lambda: packed(PLAN, summary=text({**SUMMARY, "more": 1})), 6, "form: more: is not a key that is known here"),
    "cut": (lambda: packed(PLAN)[:-9], 3, "plan.npz: not a file of columns"),
    "objects": (lambda: zipped(members(PLAN, task=header("|O", (3,), body=PICKLE))), 3, "task.npy: an array of |O"),
    "a huge shape": (lambda: zipped(members(PLAN, task=header("<i8", (2**40,)))), 3, "shorter than its header says"),
    "a zip bomb": (lambda: zipped(members(PLAN, task=header("<i8", (2**26,), body=bytes(2**29))), zipfile.ZIP_DEFLATED), 3, "at most 320 MiB are read"),
    "a member twice": (lambda: zipped([*members(PLAN), ("task.npy", npy([9]))]), 3, "each is allowed once"),
    "a summary that is no JSON": (lambda: packed(PLAN, summary=np.frombuffer(b"{", np.uint8)), 3, "summary: not JSON"),
    "a summary of a list": (lambda: packed(PLAN, summary=text([])), 3, "without a mapping at its top"),
    "a summary of wide numbers": (lambda: packed(PLAN, summary=PLAN["summary"].astype(int)), 3, "JSON in UTF-8 as uint8"),
    "of version 2": (lambda: packed(PLAN, summary=text({**SUMMARY, "leptonopt_plan_columns": 2})), 6, "form: not a plan in columns of version 1"),
    "no starts": (lambda: packed(PLAN, start=None), 6, "form: the plan has no column 'start'"),
    "too few starts": (lambda: packed(PLAN, start=np.array([0, 0])), 6, "form: the plan has no column 'start', or one of another"),
    "starts in rows": (lambda: packed(PLAN, start=np.zeros((3, 2), int)), 6, "form: the plan has no column 'start', or one of another"),
    "a task of nobody": (lambda: packed(PLAN, task=np.array([0, 1, 7])), 6, "form: row 2: task 7"),
    "a task below": (lambda: packed(PLAN, task=np.array([0, 1, -1])), 6, "form: row 2: task -1"),
    "an option of another": (lambda: packed(PLAN, option=np.array([0, 1, 3])), 6, "option: task 1"),
    "an option below": (lambda: packed(PLAN, option=np.array([-1, 2, 3])), 6, "option: task 0"),
    "a count of zero": (lambda: packed(PLAN, count=np.array([1, 1, 0])), 6, "nothing runs"),
    "a start beyond": (lambda: packed(PLAN, start=np.array([0, 0, 2**31 - 1], np.int32)), 6, "window: task 2"),
    "a start below": (lambda: packed(PLAN, start=np.array([0, 0, -5])), 6, "window: task 2"),
    "a cost that is not": (lambda: packed(PLAN, summary=text({**SUMMARY, "cost_exact": "16"})), 6, "cost: cost_exact: is 16, not 17"),
    "a cost without end": (lambda: packed(PLAN, summary=text({**SUMMARY, "cost_exact": "1e999999999"})), 6, "'1e999999999' is not written as"),
    "a cost over nothing": (lambda: packed(PLAN, summary=text({**SUMMARY, "cost_exact": "1/0"})), 6, "'1/0' is no fraction"),
    "a cost in words": (lambda: packed(PLAN, summary=text({**SUMMARY, "cost": "much"})), 6, "'much' is not a finite number or null"),
    "no cost": (lambda: packed(PLAN, summary=text({**SUMMARY, "cost_exact": None})), 6, "cost: cost_exact: is missing, yet the cost is 17"),
    "a bound above": (lambda: packed(PLAN, summary=text({**SUMMARY, "bound_exact": "99", "gap": 0})), 6, "status: bound: is 99, above the cost 17"),
    "a status unknown": (lambda: packed(PLAN, summary=text({**SUMMARY, "status": ["best"]})), 6, "status: a list is not known; allowed is optimal"),
}  # fmt: skip

# Certificates: an .npz, the exit code of `verify --certificate`, and what is said.
BAD_CERTIFICATES: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "empty": (lambda: b"", 3, "proof.npz: not a file of columns"),
    "the plan": (lambda: packed(PLAN), 3, "is a plan in columns, not a certificate"),
    "no prices": (lambda: packed(CERTIFICATE, price=None), 6, "has no array 'price'"),
    "the instance": (lambda: GOOD, 3, "is an instance in columns, not a certificate"),
    "of version 2": (lambda: packed(CERTIFICATE, head=text({**PROOF, "leptonopt_certificate_columns": 2})), 6, "not a certificate in columns of version 1"),
    "too few prices": (lambda: packed(CERTIFICATE, price=np.zeros((3, 23), int)), 6, "3 x 24 are needed"),
    "prices below": (lambda: packed(CERTIFICATE, price=np.full((3, 24), -1)), 6, "below zero"),
    "prices as halves": (lambda: packed(CERTIFICATE, price=np.zeros((3, 24))), 3, "whole numbers in rows"),
    "a unit without end": (lambda: packed(CERTIFICATE, head=text({**PROOF, "unit": "1e-999999999"})), 6, "is no fraction"),
    "a unit of zero": (lambda: packed(CERTIFICATE, head=text({**PROOF, "unit": "0"})), 6, "unit: must be above 0"),
    "a bound too high": (lambda: packed(CERTIFICATE, head=text({**PROOF, "bound": "999"})), 6, "states the bound 999"),
    "a bound in words": (lambda: packed(CERTIFICATE, head=text({**PROOF, "bound": "high"})), 6, "is no fraction"),
    "for another instance": (lambda: packed(CERTIFICATE, head=text({**PROOF, "sha256": "0" * 64})), 6, "for another state"),
    "a head that is no JSON": (lambda: packed(CERTIFICATE, head=np.frombuffer(b"[", np.uint8)), 3, "head: not JSON"),
}  # fmt: skip
