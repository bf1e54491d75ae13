"""Distributed training: a logger under MirroredStrategy writes the right maps and leaves training as it is."""

import subprocess
import sys
import textwrap

import numpy as np

from kerasal import load_run

CODE = """
    import sys, numpy as np, tensorflow as tf
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    import keras, kerasal
    from keras import layers as L

    rng = np.random.default_rng(0)
    x, y = rng.random((32, 6, 5, 2), "float32"), rng.integers(0, 3, 32)
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)

    def build():
        inputs = keras.Input((6, 5, 2))
        hidden = L.Dropout(0.3)(L.Flatten()(L.BatchNormalization()(L.Conv2D(4, 3)(inputs))))
        return keras.Model(inputs, L.Dense(3, activation="softmax")(hidden))

    def trained(*callbacks):
        keras.utils.set_random_seed(1)
        with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
            model = build()
            model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(data, epochs=2, verbose=0, callbacks=list(callbacks))
        return model.get_weights()

    recipe = dict(train=True, M=4, method="abs")
    logged = trained(kerasal.SaliencyLogger(sys.argv[1], x[:3], on_error="raise", **recipe))
    assert all(np.array_equal(*pair) for pair in zip(logged, trained())), "training was changed"
    plain = build()
    plain.set_weights(logged)
    np.save(sys.argv[2], kerasal.GradientCalculator(plain).explain(x[:3], ch_axis=-1, **recipe).values)
"""


def test_two_replicas(tmp_path):
    known = tmp_path / "known.npy"
    subprocess.run([sys.executable, "-c", textwrap.dedent(CODE), tmp_path / "logs", known], check=True, timeout=300)
    run = load_run(tmp_path / "logs")
    assert run.steps.tolist() == [0, 1, 2]
    np.testing.assert_allclose(run.values[-1], np.load(known), rtol=1e-5, atol=1e-7)
