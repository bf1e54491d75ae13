"""Distributed training: with several replicas or workers the right maps are written, once, and training is as it is without."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import worker
from event_files import Logs

from kerasal import GradientCalculator, load_run
from kerasal.tensorboard.map_numbers import concentration

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
    logged = trained(kerasal.SaliencyLogger(sys.argv[1], x[:3], on_error="raise", max_overhead=None, **recipe))
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


def test_two_workers(tmp_path):
    """Two processes, each with moving statistics of its own, which count as their mean; one that waits for ever is killed."""
    with ExitStack() as sockets:
        bound = [sockets.enter_context(socket.socket()) for _ in range(2)]
        for each in bound:
            each.bind(("localhost", 0))
        addresses = [f"localhost:{each.getsockname()[1]}" for each in bound]
    processes = []
    for index in (1, 0):
        told = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = os.environ | {"TF_CONFIG": json.dumps(told)}
        command = [sys.executable, str(Path(worker.__file__)), str(tmp_path)]
        processes.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
    try:
        said = [process.communicate(timeout=180)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "weights.npz"]  # worker 1 wrote nothing
    assert len(list(tmp_path.rglob("events*"))) == (1 if worker.KERAS_2 else worker.EPOCHS)
    model = worker.build()
    with np.load(tmp_path / "weights.npz") as stored:
        model.set_weights([stored[name] for name in stored.files])
    known = GradientCalculator(model).explain(worker.X[:3], ch_axis=-1, **worker.RECIPE)
    if worker.KERAS_2:
        run = load_run(tmp_path / "0")
        assert run.steps.tolist() == [0, 1, 2]
        np.testing.assert_allclose(run.values[-1], known.values, rtol=1e-5, atol=1e-7)
    else:
        logs = Logs(tmp_path / "0")
        told = [logs.scalars["."][f"own/concentration/{n}"][worker.EPOCHS] for n in range(3)]
        np.testing.assert_allclose(told, concentration(known.values), rtol=1e-5)
