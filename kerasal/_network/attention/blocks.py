"""Blocks of a transformer: attentions one after the other, with nothing between them that mixes tokens."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from kerasal._network.attention.products import Product, attention_of, hidden_softmax
from kerasal._network.attention.reading import Reading, reading_of
from kerasal._network.attention.tokens import (
    Marks,
    are_rows_kept,
    axes_with_tokens,
    followed,
    layers_of_tokens,
    mixes,
    same_tokens,
    tokens_along,
    tokens_in,
    unknown_step,
)
from kerasal._network.positions.paths import paths_between
from kerasal._network.positions.sites import Sites


class Block(NamedTuple):
    """One block.

    Attributes:
        probabilities: of the attention of the tokens to one another, (rows, …), heads among the axes, the keys last.
        query: the axis of the queries.
        tokens: that it is made of, (rows, *tokens, features), which all of the score passes through.
        has_skip: whether they also go past the attention.
    """

    probabilities: tf.Tensor
    query: int
    tokens: tf.Tensor
    has_skip: bool


class Transformer(NamedTuple):
    """The blocks between a target and a score, first to last, and the tokens that the score is made of; or why these are not known."""

    blocks: list[Block]
    reading: Reading | str


def transformer_between(points: tf.Tensor, scores: tf.Tensor) -> Transformer:
    """Find the attentions between points and scores.

    Args:
        points: the target, as the pass takes it.
        scores: what is made of it.

    Raises:
        ValueError: there is none, one is not of tokens to one another, or something else mixes tokens too.
    """
    tensors, shared = paths_between(points, scores)
    known = {tensor.ref() for tensor in tensors}
    hidden = next((tensor.op for tensor in tensors if hidden_softmax(tensor.op)), None)
    if hidden is not None:
        raise _refusal(f"a softmax inside {hidden.name!r}, a function or loop that cannot be looked into")
    found = [each for each in (attention_of(tensor, known) for tensor in tensors) if each is not None]
    if not found:
        raise _refusal(_none(tensors))
    streams = _streams(found, tensors, shared)
    blocks = list[Block]()
    for place, attention in enumerate(found):
        tokens, end = _tokens(streams[place]), [*streams[1:], scores][place]
        query, of_output = _checked(attention, streams[place], tensors)
        given = {streams[place].ref(): tokens, attention.output.ref(): of_output}
        between, marks = followed(given, end, tensors)
        skips = any(each is streams[place] for tensor in between for each in tensor.op.inputs)
        blocks.append(Block(attention.probabilities, query, streams[place], skips))
        if end is not scores:
            _check_between(between, marks, end, attention)
    return Transformer(blocks, reading_of(between, marks, tokens))


def _refusal(received: str) -> ValueError:
    return ValueError(
        "Attention rollout follows tokens that attend to one another, block after block: softmaxes over keys that multiply values. "
        f"Received: {received}. Name a target and a score with nothing else between them, or use GradientCalculator."
    )


def _none(tensors: Sequence[tf.Tensor]) -> str:
    softmaxes = [repr(tensor.op.name) for tensor in tensors if tensor.op.type == "Softmax"]
    if not softmaxes:
        return "no attention between the target and the score"
    return f"no attention between the target and the score: the softmaxes {', '.join(softmaxes[:3])} are not seen to multiply values"


def _tokens(stream: tf.Tensor) -> Sites:
    found = tokens_in(stream)
    assert found is not None
    return found


def _streams(found: Sequence[Product], tensors: Sequence[tf.Tensor], shared: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """For each attention the last tensor before it that all of the score passes through: the tokens it is made of."""
    order = {tensor.ref(): place for place, tensor in enumerate(tensors)}
    streams, before = list[tf.Tensor](), -1
    for place, attention in enumerate(found):
        end = order[attention.output.ref()]
        inside = [each for each in shared if before < order[each.ref()] < end]
        if not inside and place:
            raise _refusal(
                f"{found[place - 1].name} and {attention.name} side by side, or joined by a way past both (several streams)"
            )
        whole = [each for each in inside if each.dtype.is_floating and tokens_in(each) is not None]
        if not whole:
            shapes = ", ".join(str(tuple(each.shape)) for each in inside[-3:])
            raise _refusal(
                f"{attention.name} of {shapes}, which are no tokens (rows, tokens, features) of known lengths"
            )
        streams.append(whole[-1])
        before = end
    return streams


def _checked(attention: Product, stream: tf.Tensor, tensors: Sequence[tf.Tensor]) -> tuple[int, Sites]:
    """Refuse what is no attention of the tokens to one another; returns the axis of its queries, and the tokens of its output."""
    probabilities, tokens, given = attention.probabilities, _tokens(stream), {stream.ref(): _tokens(stream)}
    if not any(probabilities is each for each in tensors):
        raise _refusal(f"{attention.name}, whose queries and keys the target does not decide (cross-attention)")
    logits, last = probabilities.op.inputs[0], probabilities.shape.rank - 1
    _check_inside(attention, *followed(given, logits, tensors))
    _check_inside(attention, *followed(given, attention.values, tensors))
    _, marks = followed(given, attention.output, tensors)
    with_tokens = axes_with_tokens(marks.get(logits.ref()))
    queries = [each for each in attention.queries if each[0] in with_tokens]
    of_values = marks.get(attention.values.ref())
    if len(queries) != 1 or not _has(marks.get(logits.ref()), (queries[0][0], last), tokens):
        raise _refusal(
            f"{attention.name}, whose queries and keys are not all of its tokens in order (cross-attention, windows, pooling)"
        )
    if not _has(of_values, (attention.key,), tokens):
        raise _refusal(
            f"{attention.name}, whose values are not all of its tokens in order (cross-attention, windows, pooling)"
        )
    output = marks[attention.output.ref()]
    assert isinstance(output, Sites)
    return queries[0][0], tokens_along(output.shape, queries[0][1])


def _check_inside(attention: Product, between: Sequence[tf.Tensor], marks: Marks) -> None:
    """Refuse what mixes tokens on their way to an attention."""
    step = unknown_step(between, marks)
    if step is not None:
        raise _refusal(f"{attention.name} behind {step}, through which tokens cannot be followed")
    for tensor in between:
        if mixes(tensor.op, marks):
            raise _refusal(
                f"{attention.name} behind {tensor.op.name!r} ({tensor.op.type}), which mixes tokens before it"
            )


def _has(sites: object, axes: Sequence[int], tokens: Sites) -> bool:
    """Tell whether a tensor has all tokens in order along each of some axes, and along no other."""
    if not isinstance(sites, Sites) or not are_rows_kept(sites) or axes_with_tokens(sites) != set(axes):
        return False
    count = _count(tokens)
    lines = [tokens_along(sites.shape, axis) for axis in axes]
    layers = [Sites(sites.shape, (layer,)) for layer in sites.layers if layers_of_tokens(Sites(sites.shape, (layer,)))]
    return len(layers) == len(axes) and all(
        sites.shape[axis] == count and any(same_tokens(layer, line) for layer in layers)
        for axis, line in zip(axes, lines, strict=True)
    )


def _count(tokens: Sites) -> int:
    return int(layers_of_tokens(tokens)[0].size) if layers_of_tokens(tokens) else 1


def _check_between(between: Sequence[tf.Tensor], marks: Marks, end: tf.Tensor, attention: Product) -> None:
    """Refuse what mixes, moves or drops tokens between an attention and the tokens of the next."""
    for tensor in between:
        if mixes(tensor.op, marks):
            raise _refusal(f"{tensor.op.name!r} ({tensor.op.type}) behind {attention.name}, which mixes tokens too")
    step = unknown_step(between, marks)
    if step is not None:
        raise _refusal(f"{step} behind {attention.name}, through which tokens cannot be followed")
    if not same_tokens(marks.get(end.ref()), tokens_in(end)):
        raise _refusal(
            f"{end.op.name!r} behind {attention.name}, which has other tokens or in another order (pooled, cut or shifted)"
        )
