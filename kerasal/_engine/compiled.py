"""From what an attribution added up over its points to the saliency of every sample and example."""

import tensorflow as tf


def finished(method, references, parts, examples, classes):
    """The saliency of rows whose points are all done; classes are rows of their own for `finish`.

    Args:
        method: an `Attribution`, for its `finish`.
        references: the scores at the reference points, (E, R) or (E, R, classes), or None.
        parts: what `attribution` gave, added up: (R, ...), with `classes` axes of classes after the first.
        examples: B.
        classes: 1 where the score lists the classes, else 0.

    Returns:
        (saliency (S, B, ...), [completeness gap, what it should add up to], each (S, B) or (S, B, classes); [] if untold).
    """
    of_classes = tf.shape(tf.nest.flatten(parts)[0])[1:2] if classes else None

    def as_rows(part):
        return tf.reshape(part, tf.concat([[-1], tf.shape(part)[2:]], 0)) if classes else part

    def boxed(part):
        if not classes:
            lead = tf.stack([-1, examples])
            return tf.reshape(part, tf.concat([lead, tf.shape(part)[1:]], 0) if part.shape.rank > 1 else lead)
        return tf.reshape(part, tf.concat([[-1, examples], of_classes, tf.shape(part)[1:]], 0))

    references = None if references is None else tf.reshape(references, [tf.shape(references)[0], -1])
    found = method.finish(references, *tf.nest.map_structure(as_rows, parts))
    saliency, *account = found if isinstance(found, tuple) else (found,)
    return tf.nest.map_structure(boxed, saliency), [boxed(part) for part in account]


def as_parts(added):
    """What `attribution` gave, as a tuple: the saliency, and the numbers it carries."""
    return added if isinstance(added, tuple) else (added,)
