"""Pictures of maps that are neither images nor tables: none, but for numbers in the tab *Saliency*."""

from kerasal.callbacks.pictures.base import Batch, GrowingScale, Pictures, warn_not_drawn
from kerasal.saliency import Saliency


class NumberPictures(Pictures):
    """Maps of any shape, which the tab *Saliency* shows as a strip of colours and a list of the strongest numbers."""

    kind = "numbers"

    @classmethod
    def for_batch(cls, batch: Batch) -> "NumberPictures":
        """Suit any batch."""
        if not batch.kind.is_said:
            warn_not_drawn(batch.saliency.shape)
        return cls()

    def draw(self, n: int, saliency: Saliency, text: str, scale: GrowingScale) -> None:
        """Draw nothing."""
