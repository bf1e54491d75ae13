"""Telling users of random numbers that no seed decides, and refusing them where points are compared."""

from collections.abc import Sequence
from typing import Any

from kerasal._errors import listed, warn_user


def check_own_draws(method: Any, names: Sequence[str], M: int | None, *, compares: bool, in_training: bool) -> None:
    """Warn of what draws by itself, or refuse it where points are compared.

    Args:
        method: an `Attribution`.
        names: of the layers and functions that draw by themselves.
        M: how many samples there are, None where that is found.
        compares: whether the method compares points.
        in_training: whether they draw because of `train`, which has warned.

    Raises:
        ValueError: the method compares points.
    """
    if not names:
        return
    drawing = listed([f"'{name}'" for name in names])
    if compares and in_training:
        raise ValueError(
            f"{type(method).__name__} compares points under the same dropout masks. Received: layers that draw by "
            f"themselves: {drawing}. Use train={{layer: rate}}, or GradientCalculator."
        )
    if compares:
        raise ValueError(
            f"{type(method).__name__} compares points under the same draws. Received: random numbers that {drawing} draws by "
            "itself, also in inference. Explain a model without that draw (of a sampling layer the mean in its place), or use "
            "GradientCalculator, whose map is the mean over draws."
        )
    if not in_training:
        draws = "one draw" if M == 1 else f"the mean over {'many' if M is None else f'M={M}'} draws"
        steadier = "give a smaller target_error" if M is None else "raise M"
        warn_user(
            f"{drawing} draws random numbers by itself, also in inference. The seed does not reach them: they depend on the batch "
            f"size, and may on the call. The map is that of {draws}: {steadier} for a steadier one, or explain a model without that "
            "draw. See Saliency.unpaired.",
        )
