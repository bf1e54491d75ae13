"""What the lines of a run's index say, as far as they can be read."""

import contextlib
import json


def about(line):
    """What the maps of two trainings must share to be one history."""
    return [line.get(name) for name in ("examples", "shape", "inputs")]


def numbers_of(line, count):
    """{quantity: one number per example} that a line tells; what is damaged is passed over."""
    numbers = line.get("numbers")
    found = numbers.items() if isinstance(numbers, dict) else ()
    return {name: values for name, values in found if isinstance(values, list) and len(values) == count}


def lines_of(content):
    """The lines of an index that can be read; one that was cut short is passed over."""
    for text in content.decode("utf-8", errors="replace").split("\n"):
        with contextlib.suppress(json.JSONDecodeError, RecursionError):
            line = json.loads(text)
            if isinstance(line, dict) and ("kind" not in line or isinstance(line.get("examples"), list)):
                yield line
