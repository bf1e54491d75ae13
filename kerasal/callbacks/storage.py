"""The choice of what a logger keeps on the disk."""

import dataclasses

from kerasal._errors import check_flags
from kerasal._storage.precision import check_precision, relative_error
from kerasal._vocabulary import checks_keywords

PICTURES = ("off", "last", "all")
SCALARS = ("mean", "worst", "all")


@checks_keywords
@dataclasses.dataclass(frozen=True)
class Storage:
    """The parts of a run that are kept on the disk: all maps and all numbers of all examples as arrays, and what is chosen here.

    `load_run` and the tab *Saliency* read the arrays alone; `pictures` and `scalars` are for TensorBoard's own pages.

    Args:
        pictures: Pictures in the event file, for TensorBoard's page *Images*. "last": one for each example, of the last step, written
            when training ends; a training that is killed or interrupted leaves none, and loses no map. "all": one of each step, and
            at the end a strip of the steps side by side. "off": none.
        scalars: Numbers in the event file, for the page *Time Series*. "worst": the mean over the examples, and those of the three
            examples that the model gets most wrong at that step, as `drift/worst 1`, whose positions are `example/worst 1`: with the
            lowest probability of the true label, or the largest error of a number; without labels the least sure, with the lowest
            probability of the predicted class; else with the lowest score. Three examples or fewer have their names. "mean": the
            means alone. "all": each example's as well.
        precision: Of the maps and their standard deviations. "float32": as they are. "float16": rounded to the 11 significant bits
            of float16, so that every number is right to 0.049 %, the range being that of float32 (nothing becomes 0 or infinite),
            and compressed: about half the disk.
        compress: True to compress the maps without loss: some 10 % less disk, more for maps with many zeros, for about as much time
            as it takes to write them.

    Raises:
        ValueError: There is another word.

    Example:

    >>> Storage(precision="float16").facts()
    {'pictures': 'last', 'scalars': 'worst', 'precision': 'float16', 'compress': False, 'relative_error': 0.00048828125}
    """

    pictures: str = "last"
    scalars: str = "worst"
    precision: str = "float32"
    compress: bool = False

    def __post_init__(self) -> None:
        for name, known in (("pictures", PICTURES), ("scalars", SCALARS)):
            value = getattr(self, name)
            if value not in known:
                raise ValueError(
                    f"{name} is {', '.join(map(repr, known[:-1]))} or {known[-1]!r}. Received: {value!r}. Maps are kept as arrays "
                    "with each of them; choose one."
                )
        check_precision(self.precision)
        check_flags(compress=self.compress)

    def facts(self) -> dict[str, object]:
        """Return the choice and the relative error of the maps, as the index of a run tells them."""
        return {**dataclasses.asdict(self), "relative_error": relative_error(self.precision)}


def check_storage(storage: object) -> Storage:
    """Return what a user gives as `storage`, None being the default.

    Raises:
        TypeError: It is something else.
    """
    if storage is None:
        return Storage()
    if not isinstance(storage, Storage):
        raise TypeError(
            f"storage is a kerasal.callbacks.Storage. Received: {storage!r}. Pass e.g. Storage(pictures='all'), or leave it out."
        )
    return storage
