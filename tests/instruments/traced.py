"""The programs that a calculator has traced."""

from kerasal._engine.compiled import Program


def programs_of(calculator, kind=Program):
    """Those of a kind, such as `SampleLoop`, that are kept for the model as it is now."""
    kept = [entry.value for entry in calculator.traces.of_now()._values.values()]
    return [value for value in kept if isinstance(value, kind)]
