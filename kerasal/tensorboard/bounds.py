"""The sizes that the tab puts up with, whatever lies in a log directory; docs/security.md promises them. All are of bytes."""

from kerasal._storage.stored_arrays import Bounds
from kerasal.tensorboard.run_index import IndexBounds

ANSWER = 32_000_000  # of an answer, and of one example's map
FILE = Bounds(unpacked=1_000_000_000, metadata=4_000_000)  # of a file of maps, of which one example is held at a time
WHOLE = 4_000_000  # of an array that is kept with all its examples
SMALL = 32_000_000  # of the small maps of all examples of a step, which are kept together
INDEX = IndexBounds(line=4_000_000, kept=32_000_000)  # of an index
READ = 4_000_000_000  # that one history reads
MAPS, RUNS = 128_000_000, 128_000_000  # kept of maps, and of what indexes say

SMALL_SIDE = 64  # pixels of the longer side of a small map
BATCH = 128  # small maps of an answer
AT_ONCE = 4  # requests that are worked on; others wait
NUMBERS = 1_000_000  # of all quantities, steps and examples of a run; of more, every second, fourth … step has them
QUANTITIES = 64  # of a run
TRIES = 100  # damaged files until a run counts as one without maps
FOLDERS = 100_000  # that are searched for runs
LISTED = 10_000  # runs
