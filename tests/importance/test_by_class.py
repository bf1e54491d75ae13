"""Mean saliency of each class."""

import keras
import numpy as np
import pytest
from keras import layers as L
from three_parts import refused

from kerasal import GradientCalculator, Saliency, importance

RNG = np.random.default_rng(1)
X = RNG.normal(size=(30, 4)).astype("float32")
LABELS = np.repeat([2, 0, 1], 10)


def explained(y=None):
    model = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="tanh"), L.Dense(3, activation="softmax")])
    return GradientCalculator(model, score=1).explain(X, y)


@pytest.mark.filterwarnings("ignore:y was given")
def test_means_and_errors_over_the_examples_of_a_class():
    result = explained(LABELS)
    found = importance.by_class(result)
    assert found.labels.tolist() == [0, 1, 2] and np.all(found.M == 10) and found.kind == "table"
    for place, rows in enumerate((slice(10, 20), slice(20, 30), slice(0, 10))):
        np.testing.assert_allclose(found.values[place], result.values[rows].mean(0), rtol=1e-5, atol=1e-7)
        error = result.values[rows].std(0, ddof=1) / np.sqrt(10)
        np.testing.assert_allclose(found.standard_error[place], error, rtol=1e-5)
        assert abs(found.scores[place] - result.scores[rows].mean()) < 1e-6
    assert found[1].plot() is not None and len(found.to_frame()) == 3


def test_classes_are_predictions_where_there_are_no_labels():
    result = explained()
    found, classes = importance.by_class(result), result.predictions["class"]
    assert found.labels.tolist() == np.unique(classes).tolist()
    assert np.allclose(found.values[0], result.values[classes == found.labels[0]].mean(0), atol=1e-6)


def test_what_has_no_classes_is_refused_and_single_examples_are_told():
    one = Saliency([[1.0], [2.0], [3.0]], labels=[0, 0, 1])
    with pytest.warns(UserWarning, match="Received: one of class 1"):
        assert importance.by_class(one).std is None
    for bad, of, word in (
        (Saliency([[1.0]], labels=[0.5]), None, "whole numbers"),
        (Saliency([[1.0]]), None, "without predictions"),
        (Saliency([[1.0]], labels=[0]), "prediction", "without predictions"),
        (Saliency([[1.0]]), "labels", "of is"),
        (np.zeros((2, 2)), None, "batch"),
        (one[0], None, "batch"),
    ):
        with refused(word):
            importance.by_class(bad, of)
