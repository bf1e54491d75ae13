"""Types of operations, by what they do to positions."""

_BY_ELEMENT = """
Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh BiasAdd Cast Ceil CheckNumerics ClipByValue Cos Cosh Cumprod Cumsum
Digamma Div DivNoNan Elu EnsureShape Erf Erfc Exp Expm1 Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3
Identity IdentityN Inv LRN LeakyRelu Lgamma Log Log1p LogSoftmax Maximum Minimum Mod Mul MulNoNan Neg Pow RealDiv Reciprocal Relu
Relu6 Rint Round Rsqrt Select SelectV2 Selu Sigmoid Sign Sin Sinh Snapshot Softmax Softplus Softsign Sqrt Square SquaredDifference
Sub Tan Tanh TruncateDiv Xdivy Xlog1py Xlogy FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
"""
ELEMENTWISE = frozenset(_BY_ELEMENT.split())  # sums and means over channels count apart: see REDUCING
OF_FIRST = (
    "BiasAdd",
    "FusedBatchNorm",
    "FusedBatchNormV2",
    "FusedBatchNormV3",
    "ClipByValue",
)  # of the input's own shape
REDUCING = ("Mean", "Sum", "Max", "Min", "Prod", "EuclideanNorm")
RESHAPING = ("Reshape", "Squeeze", "ExpandDims")
KEEPING = (
    "Identity",
    "Cast",
    "Snapshot",
    "EnsureShape",
    "CheckNumerics",
    "Transpose",
    *RESHAPING,
)  # nothing but the form
CUTTING = ("Slice", "StridedSlice", "Split", "SplitV", "Unpack", "GatherV2")
MOVING = (
    *("Slice", "StridedSlice", "Tile", "BroadcastTo", "Roll", "ReverseV2", "SpaceToBatchND", "BatchToSpaceND"),
    *("SpaceToDepth", "DepthToSpace", "ExtractImagePatches"),
)
RESIZING = ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea")
CONVOLVING = ("Conv2D", "Conv3D", "DepthwiseConv2dNative")
SPREADING = ("Conv2DBackpropInput", "Conv3DBackpropInputV2")
POOLING = ("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D")
