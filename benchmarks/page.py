"""BENCHMARKS.md, from the result lines in benchmarks/results:

    python benchmarks/page.py > BENCHMARKS.md

Each folder there is what one `leptonopt compare` has written, without its plans; see the page for the commands.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from scale import by_run, growth, table

from leptonopt.experiments.results import Results
from leptonopt.experiments.statistics import paired_tests
from leptonopt.experiments.tables import certainties, summary, written

RESULTS = Path(__file__).resolve().parent / "results"
HEAD = """# Benchmarks

Made by `python benchmarks/page.py > BENCHMARKS.md` from the lines in [benchmarks/results](benchmarks/results): every
figure below follows from a run whose plan passed the checker, whose options and versions are in its line.
[Comparing methods](docs/how-to/compare-methods.md) explains the columns.
Other systems on the same work: [peers](peers/README.md).
"""
LITERATURE = """
## Instances of the literature

The published best values stand in the lists; "off" is the distance to them. The data are not part of this repository;
README says where they come from. Of `psplib-mm` there is the first fourteen of the list. Of `green-tou` there are the
points of the list that were reached, and fifteen drawn before it had its rule (ten of them with one thread).
`cloudbalancing`, `psplib-mm` and the points of the list ran while other work took up to nine tenths of the two cores,
`sscflp` and `gap` while it took about four fifths, with kernels compiled before; the four of
`sscflp` that were open then (Yang's p1, p11, p16, Delmaire's p46) again, alone on the machine.

    python benchmarks/literature.py --data DIR -o lists
    leptonopt compare lists/{gap,sscflp,jain-grossmann,melange,ctu-energy,mmkp,racp,rip}.csv \\
        lists/{green-tou,cloudbalancing,psplib-mm}.csv -m auto -t 60 --threads 2 -o results

"""
FAMILIES = """
## `auto` and the baselines on generated instances

Families as [described](docs/how-to/generate-instances.md), at 100, 200, 500 and 1000 tasks, one thread a run, two
runs side by side.

    python benchmarks/families.py -o generated
    leptonopt compare generated/list.csv -t 15 -o results \\
        -m auto,greedy,least-loaded,earliest-deadline,cheapest-option,random-key,cpsat-intervals,cpsat,highs

"""
SCALE = """
## Scale

`plain` are tasks of 1 to 8 devices on pools of 10 (at 1,000 tasks), 14, 32 and 321 devices on average, loaded to 95 %;
`small` a million of them on pools of 33; `groups` 200 tasks of which ten each are alike (benchmarks/plain.py). `lumpy`
is that of `leptonopt generate`: tasks of an eighth to all of a pool, none of which may be left out. From the command to
a plan that was checked, on two threads, with kernels compiled before: the first run of a new
version compiles them, some ten seconds. Medians over the runs there are, one a seed, with the machine to themselves.
`POP k` parts tasks at random, and each pool's devices, into k; a part with fewer devices than a task needs must leave
it out, so it suits pools of hundreds; its bound is that of `auto`, for it has none. `-` as a gap: no plan in the
time; CBC at both sizes and HiGHS at 10,000 refuse the model, which has more nonzeros than they take.

    python benchmarks/scale.py 1000 10000 100000 1000000 --seeds 3 -o lines.jsonl
    python benchmarks/scale.py 200 --family groups --seeds 3 -o lines.jsonl
    python benchmarks/scale.py 1000 --family lumpy --seeds 3 -o lines.jsonl
    python benchmarks/scale.py 1000000 --family small --seeds 3 -o lines.jsonl
    python benchmarks/scale.py 1000 10000 --others cpsat highs cbc --pop 4 16 64 -o lines.jsonl
    python benchmarks/scale.py 100000 1000000 --pop 4 16 64 -o lines.jsonl
    python benchmarks/scale.py 1000 10000 100000 --threads 1 -o lines.jsonl

"""
RUNS = """
Each run, in seconds by stage (`solve` is all of them); the last column has the start of the program in it:

"""
GROWTH = """
What a task costs, in microseconds and bytes: some 180 MB and half a second of any run are the program itself.
Prices, stages and annealing take what time there is.

"""
COUNTED = """
`random-key`, `cpsat-intervals`, `cpsat` and `highs` have greedy's plan in hand when they start, as `auto` has.
A run without a plan counts as 100 points of the primal gap: where a rule of thumb finds no place for a task, that is
most of the difference.

"""


def main() -> None:
    """Prints the page."""
    out = [HEAD]
    literature, families = (Results.of(RESULTS / name) for name in ("literature", "families"))
    out += [LITERATURE, written([summary(literature, "family")], "markdown")]
    out += [FAMILIES, written([summary(families)], "markdown")]
    out += ["\nOne against the others, over all instances of all families:\n\n"]
    out += [written([certainties(paired_tests(families, "auto"))], "markdown"), COUNTED]
    out += ["By family and size:\n\n", written([summary(families, "family")], "markdown")]
    lines = (RESULTS / "scale" / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    runs = [json.loads(line) for line in lines]
    out += [SCALE, table(runs), RUNS, by_run(runs), GROWTH, growth(runs)]
    out += ["\n## Hardware and versions\n\n", _made(literature, families)]
    sys.stdout.write("".join(out).rstrip() + "\n")


def _made(*results: Results) -> str:
    said: Counter[str] = Counter()
    for run in (run for each in results for run in each.runs):
        machine = run.line.get("machine") or {}
        versions = ", ".join(f"{name} {version}" for name, version in run.line["versions"].items())
        where = f"{machine.get('processor')}, {machine.get('cores')} cores, {machine.get('memory_gib')} GiB"
        said[f"{where}, {machine.get('system')}; {versions}"] += bool(machine)
    return "".join(f"- {count} runs on {text}\n" for text, count in said.items() if count)


if __name__ == "__main__":
    main()
