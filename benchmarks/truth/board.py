"""The truth board: every method on tasks whose cause is known, over several trained networks.

    python benchmarks/truth/board.py                    all tasks, written to docs/truth.md with pictures, and figures.json
    python benchmarks/truth/board.py --quick            small networks on few examples, nothing written
    python benchmarks/truth/board.py --task FILE.csv.gz a task of that form (columns smiles, split, label, truth): JSON

Networks, and what each recipe found of them, are kept in runs/truth: only what is missing is computed. Recipes are chosen on training examples that were held out,
never on test examples; `best` of --task tells the one so chosen.
"""

import argparse
import concurrent.futures
import itertools
import json
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import page
import planted
from task import Task, found_of, mean

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("KERASAL_DATA", ROOT.parent / "shared" / "data")) / "graph-attribution"
FIGURES = Path(__file__).with_name("figures.json")
FILES = ("benzene", "logic7", "logic10", "crippen")
QUICK = (
    "benzene",
    "crippen",
    "series, box moving, LSTM",
    "tetrominoes, xor",
    "shapes",
    "words",
    "columns",
)  # one of each kind


def molecule_tasks() -> list[Task]:
    """List the tasks of graph-attribution; none, said so, where the files or RDKit are missing."""
    try:
        import molecules
    except ImportError as error:
        print(f"LEFT OUT: molecules ({error})", file=sys.stderr)
        return []
    missing = [name for name in FILES if not (DATA / f"{name}.csv.gz").exists()]
    if missing:
        print(f"LEFT OUT: {', '.join(missing)}, not in {DATA}", file=sys.stderr)
    return [molecules.task_of(DATA / f"{name}.csv.gz") for name in FILES if name not in missing]


def task_called(name: str, path: Path | None) -> Task:
    """Find a task by its name, or make that of a file."""
    if path is not None:
        import molecules

        return molecules.task_of(path)
    return next(task for task in [*molecule_tasks(), *planted.tasks()] if task.name == name)


def one(name: str, path: Path | None, seed: int, folder: Path, quick: bool) -> dict[str, Any]:
    """Train a network and judge its maps, in a process of its own."""
    return found_of(task_called(name, path), seed, folder, quick=quick)


def results(
    names: list[str], path: Path | None, networks: int, folder: Path, *, quick: bool, jobs: int
) -> dict[str, list[dict[str, Any]]]:
    """Give what the networks of tasks found, several processes side by side: {task: one for each network}."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        asked = {
            (name, seed): pool.submit(one, name, path, seed, folder, quick)
            for seed, name in itertools.product(range(networks), names)
        }
        return {name: [asked[name, seed].result() for seed in range(networks)] for name in names}


def chosen(found: list[dict[str, Any]]) -> str:
    """Choose the recipe with the best mean on the validation examples of all networks."""
    names = found[0]["recipes"]
    return max(names, key=lambda name: np.mean([mean(each["recipes"][name]["validation"]) for each in found]))


def interval(found: list[dict[str, Any]], name: str, draws: int = 4000) -> tuple[float, float, float]:
    """Mean of a recipe over networks and test examples, and its 95 % interval by resampling both."""
    rows = [np.array([np.nan if v is None else v for v in each["recipes"][name]["test"]]) for each in found]
    rows = [row[~np.isnan(row)] for row in rows]
    rng = np.random.default_rng(0)
    means = []
    for _ in range(draws):
        networks = rng.integers(0, len(rows), len(rows))
        means.append(np.mean([rng.choice(rows[k], len(rows[k])).mean() for k in networks]))
    low, high = np.quantile(means, [0.025, 0.975])
    return float(np.mean([row.mean() for row in rows])), float(low), float(high)


def print_file(task: Task, found: list[dict[str, Any]]) -> None:
    """Print JSON of the task of a file."""
    name = chosen(found)
    middle, low, high = interval(found, name)
    key = "mean AUROC" if task.own_measure == "ROC AUC" else "mean τ"
    best = {
        "recipe": name,
        key: round(middle, 4),
        "interval": [round(low, 4), round(high, 4)],
        "network test AUROC" if task.own_measure == "ROC AUC" else "network test R²": round(
            float(np.mean([each["own"] for each in found])), 4
        ),
    }
    every = {each: round(interval(found, each, 400)[0], 4) for each in found[0]["recipes"]}
    print(json.dumps({"task": task.name, "best": best, "recipes": every, "networks": len(found)}, ensure_ascii=False))


def rows(tasks: list[Task], found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Sum up what was found of each task, as JSON holds it."""
    return [_row(task, found[task.name]) for task in tasks]


def _row(task: Task, found: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(found[0]["recipes"])
    return {
        "task": task.name,
        "truth": task.truth,
        "measure": task.measure,
        "own measure": task.own_measure,
        "random": round(task.random, 4),
        "published": task.published,
        "own": [round(each["own"], 4) for each in found],
        "chosen": chosen(found),
        "recipes": {name: [round(value, 4) for value in interval(found, name, 1000)] for name in names},
        "passes": {name: found[0]["recipes"][name]["passes"] for name in names},
        "seconds": {name: round(mean([each["recipes"][name]["test seconds"] for each in found]), 2) for name in names},
    }


def main() -> None:
    """Run the board."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a task of each kind, small networks, one a task")
    parser.add_argument("--task", type=Path, help="a file smiles,split,label,truth, gzip")
    parser.add_argument("--networks", type=int, help="trained for each task; 5, with --quick 1")
    parser.add_argument("--only", help="tasks whose name holds this")
    parser.add_argument("--folder", type=Path, help="where results are kept; runs/truth")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes side by side")
    parser.add_argument("--page", action="store_true", help="write docs/truth.md anew from figures.json alone")
    arguments = parser.parse_args()
    if arguments.page:
        page.write(ROOT / "docs", json.loads(FIGURES.read_text("utf-8")))
        return
    networks = arguments.networks or (1 if arguments.quick else 5)
    folder = arguments.folder or ROOT / "runs" / ("truth_quick" if arguments.quick else "truth")
    if arguments.task:
        tasks = [task_called("", arguments.task)]
    else:
        tasks = [
            task for task in [*molecule_tasks(), *planted.tasks()] if not arguments.only or arguments.only in task.name
        ]
    if arguments.quick and not arguments.task:
        tasks = [task for task in tasks if task.name in QUICK]
    names = [task.name for task in tasks]
    found = results(names, arguments.task, networks, folder, quick=arguments.quick, jobs=arguments.jobs)
    if arguments.task:
        print_file(tasks[0], found[names[0]])
        return
    table = rows(tasks, found)
    print(page.as_text(table))
    if not arguments.quick and not arguments.only:
        FIGURES.write_text(json.dumps(table, indent=1, ensure_ascii=False), "utf-8")
        page.write(ROOT / "docs", table)


if __name__ == "__main__":
    main()
