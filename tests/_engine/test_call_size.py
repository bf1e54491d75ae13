"""How many rows and examples a call of the model takes."""

import keras
from traced import programs_of
from zoo import normal, randomised

from kerasal import GradientCalculator, IntegratedGradientsCalculator, LayerExtractor, OcclusionCalculator
from kerasal._engine.call_size import CallSize
from kerasal._engine.compiled import Notes
from kerasal._network import affine_part, shared_tensors

L = keras.layers


def notes_of(calculator):
    return programs_of(calculator)[0].notes


def test_a_call_is_as_large_as_its_rows_and_has_no_more_examples_than_fit_whole():
    assert CallSize.of(Notes(row_size=90_000, example_size=90_000, goes_back=True), None) == (133, 133)
    assert CallSize.of(Notes(row_size=100, example_size=14_000_000, goes_back=True), None) == (16384, 8)
    assert CallSize.of(Notes(row_size=100, example_size=14_000_000), None) == (16384, 14)
    assert CallSize.of(Notes(row_size=6_000_000, example_size=6_000_000), None) == (16, 16)
    assert CallSize.of(Notes(row_size=100, example_size=14_000_000), 5) == (5, 5)


def test_what_is_computed_once_for_an_example_is_no_work_of_its_rows(monkeypatch):
    """Of occlusion the whole picture, and where a mean alone is wanted all that lies before the dropout."""
    for module, name in ((shared_tensors, "WORTH"), (shared_tensors, "_WORTH_AS_IT_IS"), (affine_part, "WORTH")):
        monkeypatch.setattr(module, name, 0)
    x = keras.Input((24, 18, 2))
    h = L.GlobalAveragePooling2D()(L.Conv2D(30, 3, activation="tanh")(L.Conv2D(4, 3, activation="tanh")(x)))
    model, x = randomised(keras.Model(x, L.Dense(3)(L.Dropout(0.4)(h)))), normal(24, 18, 2)
    convolved = 22 * 16 * 4 + 20 * 14 * 30
    head, gradient, occlusion = GradientCalculator(model), GradientCalculator(model), OcclusionCalculator(model, size=6)
    head.explain(x, M=3, train=True, method="mean_abs")
    gradient.explain(x, M=3, train=True, method="raw")
    occlusion.explain(x)
    of_head, whole, of_windows = map(notes_of, (head, gradient, occlusion))
    assert of_head.row_size == 24 * 18 * 2  # the copy of a map that each row has
    assert of_head.row_size < whole.row_size < convolved <= of_head.example_size == whole.example_size
    assert of_windows.row_size < convolved < of_windows.example_size
    assert of_head.goes_back and whole.goes_back and not of_windows.goes_back


def test_the_pass_up_to_a_layer_behind_dropout_is_of_each_sample():
    """Its points share it, and an example has it whole."""
    x = keras.Input((24, 18, 2))
    h = L.Conv2D(30, 3, activation="tanh")(L.SpatialDropout2D(0.2)(L.Conv2D(4, 3, activation="tanh")(x)))
    model = randomised(keras.Model(x, L.Dense(3)(L.GlobalAveragePooling2D(name="means")(h))))
    target, convolved = LayerExtractor("means"), 22 * 16 * 4 + 20 * 14 * 30
    path = IntegratedGradientsCalculator(model, target_extractor=target, steps=4)
    path.explain(normal(24, 18, 2), M=3, train=True)
    notes = notes_of(path)
    assert convolved <= notes.example_size < convolved + 1000
    assert convolved / 4 <= notes.row_size < convolved / 4 + 1000
