"""Roles of operations on the way from a target to a score, by their types."""

import tensorflow as tf

from kerasal._network.graphs import FUNCTIONS, operations_inside

MOVING = frozenset(  # numbers handed on as they are, some left out, some copied
    (
        *("Identity", "Cast", "EnsureShape", "Snapshot", "Reshape", "Squeeze", "ExpandDims", "Transpose", "Reverse"),
        *("ReverseV2", "StridedSlice", "Slice", "GatherV2", "Gather", "GatherNd", "Split", "SplitV", "Unpack", "Pack"),
        *("ConcatV2", "Pad", "PadV2", "MirrorPad", "Tile", "BroadcastTo", "Roll", "SpaceToBatchND", "BatchToSpaceND"),
        *("SpaceToDepth", "DepthToSpace", "ReverseSequence", "ScatterNd", "ResizeNearestNeighbor"),
    )
)
PASSING = frozenset(("IdentityN", "StopGradient"))  # with a gradient that is not that of what they give
LARGEST = frozenset(("MaxPool", "MaxPoolV2", "MaxPool3D", "Max"))
SUMS = frozenset(  # linear in all they take, each number with a weight that is known beforehand
    (
        *("AddV2", "Add", "AddN", "Sub", "Neg", "BiasAdd", "Sum", "Mean", "AvgPool", "AvgPool3D", "Cumsum"),
        *("ResizeBilinear", "ResizeBicubic", "ScaleAndTranslate", "SegmentSum", "UnsortedSegmentSum"),
    )
)
WEIGHING = {  # linear in data and in a kernel: type -> kind of layer
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"), "dense"),
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2dNative"), "convolution"),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv3DBackpropInputV2"), "convolution"),
}
PRODUCTS = frozenset(("Mul", *WEIGHING))
QUOTIENTS = frozenset(("RealDiv", "DivNoNan"))
NORMALIZING = frozenset(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"))
OF_ONE = frozenset(  # a function of each number
    (
        *("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Erf", "Exp", "Log"),
        *("Log1p", "Expm1", "Sqrt", "Rsqrt", "Square", "Abs", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Asinh", "Atan"),
        *("Reciprocal", "Inv", "ClipByValue", "Erfc"),
    )
)
OF_TWO = frozenset(("Maximum", "Minimum", "Pow", "SquaredDifference"))
CHOOSING = frozenset(("SelectV2", "Select"))
COMPARING = frozenset(
    (
        *("Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"),
        *("LogicalAnd", "LogicalOr", "LogicalNot", "Sign"),
    )
)
AFFINE = frozenset(("AddV2", "Add", "Sub", "Neg", "BiasAdd", "Mul", "RealDiv", "DivNoNan", *NORMALIZING))
ONE_BY_ONE = frozenset(  # what each number is made of alone, where shapes are the same
    ("Identity", "Cast", *PASSING, *AFFINE, *OF_ONE, *OF_TWO, *CHOOSING, *COMPARING)
) - set(NORMALIZING)
_IN_WORDS = {
    **dict.fromkeys(("While", "StatelessWhile", "TensorListStack", "TensorListGetItem"), "a loop"),
    **dict.fromkeys(("If", "StatelessIf", "Case", "StatelessCase", "Merge", "Switch"), "a branch"),
    **dict.fromkeys(
        ("PartitionedCall", "StatefulPartitionedCall"), "a function that is compiled by itself, such as a loop"
    ),
}
DECIDING = frozenset(("ArgMax", "ArgMin"))  # what is decided stays as it is in the pass
_BESIDE_CONVOLUTION = {"ReadVariableOp", "Identity", "NoOp"}


def is_convolution(operation: tf.Operation) -> bool:
    """Tell whether an operation runs a convolution that is compiled by itself, as Keras does with groups on a CPU."""
    if operation.type not in FUNCTIONS:
        return False
    inside = [kind for kind in operations_inside(operation) if kind not in _BESIDE_CONVOLUTION]
    return len(inside) == 1 and WEIGHING.get(inside[0]) == "convolution"


def in_words(operation: tf.Operation) -> str:
    """Say what an operation is, by its type."""
    kind = operation.type
    return f"{_IN_WORDS[kind]} ({kind})" if kind in _IN_WORDS else kind


def no_rule(rules: str, what: str, operation: tf.Operation) -> str:
    """Say which rules there are, for what there is none, and what helps.

    Args:
        rules: those that there are, a sentence.
        what: there is none for.
        operation: that is meant.
    """
    return (
        f"{rules} Received: {what}, in '{operation.name}', between the target and the score. Use IntegratedGradientsCalculator, which takes "
        "any network, or a target behind it: target_extractor=the name of a layer."
    )
