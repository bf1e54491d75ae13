"""Time series whose cause is planted: how much of the saliency lies where the cause is, for five methods and three networks.

Heartbeats: four seconds of three leads; the class says whether one beat comes early and broad, in two of the leads. Boxes (Ismail et
al. 2020): noise, 50 steps of 50 features, in which a box of 15 by 15 is shifted up or down, which is the class. A convolutional
network learns both, a recurrent one the boxes.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np

import kerasal
from kerasal import metrics, recipes

RATE = 100  # steps per second of heartbeats
LEADS = ["lead I", "lead II", "lead III"]


def heartbeats(count, rng, seconds=4):
    """Draw (count, T, 3) in mV, whether a beat is early and broad, and where: masks of x's shape, empty for the others."""
    t = np.arange(seconds * RATE) / RATE
    x = 0.04 * rng.normal(size=(count, len(t), 3)) + 0.15 * np.sin(
        2 * np.pi * rng.uniform(0.1, 0.4, (count, 1, 3)) * t[None, :, None] + rng.uniform(0, 6, (count, 1, 3))
    )
    y, masks = rng.integers(0, 2, count), np.zeros(x.shape, bool)
    for n in range(count):
        beats = np.cumsum(rng.uniform(0.7, 0.9, 7)) - rng.uniform(0.3, 0.7)
        early = rng.integers(1, 4)
        height = rng.uniform(0.8, 1.2, 3)
        for k, at in enumerate(beats):
            broad = y[n] and k == early
            at = at - 0.2 * broad
            wave = np.exp(-(((t - at) / (0.06 if broad else 0.018)) ** 2)) + 0.2 * np.exp(
                -(((t - at - 0.25) / 0.05) ** 2)
            )
            x[n] += height * wave[:, None] * np.array([1, 1, 0 if broad else 1])
            if broad:
                x[n, :, 2] += height[2] * np.exp(-(((t - at) / 0.018) ** 2))  # as any other beat in the third lead
                masks[n, np.abs(t - at) < 0.15, :2] = True
    return x.astype("float32"), y, masks


def boxes(count, rng, steps=50, features=50, size=(15, 15), shift=1.0):
    """Draw (count, 50, 50) whose box, anywhere, is shifted by +1 or −1, the class, and where it is."""
    noise = rng.normal(size=(count, steps, features))
    y, masks = rng.integers(0, 2, count), np.zeros(noise.shape, bool)
    for n in range(count):
        first, low = rng.integers(0, steps - size[0]), rng.integers(0, features - size[1])
        masks[n, first : first + size[0], low : low + size[1]] = True
    return (noise + shift * masks * (2 * y[:, None, None] - 1)).astype("float32"), y, masks


def network(name, shape):
    """A small network: convolutions and the maximum over time, or an LSTM."""
    layers = keras.layers
    convolutions = [
        layers.Conv1D(32, 9, activation="relu"),
        layers.Conv1D(32, 9, activation="relu"),
        layers.GlobalMaxPooling1D(),
    ]
    body = [layers.LSTM(32)] if name == "LSTM" else convolutions
    model = keras.Sequential([keras.Input(shape), *body, layers.Dense(2, activation="softmax")])
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def methods(model, samples, steps, window):
    """{name: a function of x that explains it}."""
    plain, times = kerasal.GradientCalculator(model), kerasal.GradientCalculator(model, multiply_target=True)
    path = kerasal.IntegratedGradientsCalculator(model, steps=steps)
    hidden = kerasal.OcclusionCalculator(model, size=window, stride=max(1, window // 2), slide_axis=1, fill="mean")
    noise = kerasal.GaussianNoiseSampler(scale=0.1)
    return {
        "gradient": plain.explain,
        "SmoothGrad": lambda x, **told: plain.explain(x, M=samples, noise_sampler=noise, method="mean_abs", **told),
        "gradient × input": times.explain,
        "integrated gradients": path.explain,
        "occlusion": hidden.explain,
    }


def share_inside(saliency, masks):
    """Share of Σ|saliency| inside the mask, of each example; a map without channels counts for each of them alike."""
    strength = np.abs(np.broadcast_to(saliency.values, masks.shape))
    return (strength * masks).sum((1, 2)) / strength.sum((1, 2))


def in_words(shares):
    return {
        "mean": round(float(shares.mean()), 4),
        "standard error": round(float(shares.std() / len(shares) ** 0.5), 4),
    }


def compared(model, x, masks, steps):
    """Four recipes of one network: by what hiding numbers takes from the score, by the cause that is known, and by what they cost."""
    several = {
        "gradient × input": recipes.gradient_times_input(),
        "integrated gradients": recipes.integrated_gradients(steps=steps),
        "occlusion": recipes.occlusion(size=5, stride=5, slide_axis=(1, 2)),
        "temporal rescaling": recipes.temporal_rescaling(),
    }
    return metrics.compare(
        model, x, several, [metrics.Deletion(model), metrics.Insertion(model), metrics.RocAuc(masks)]
    )


def experiment(draw, name, classes, window, options):
    """Train, explain test examples that have a cause and are predicted rightly. Return figures, maps, examples, masks and network."""
    rng = np.random.default_rng(options.seed)
    (x, y, _), (x_test, y_test, masks) = draw(options.train, rng), draw(400, rng)
    keras.utils.set_random_seed(options.seed)
    model = network(name, x.shape[1:])
    model.fit(x, y, epochs=options.epochs, batch_size=32, verbose=0)
    predicted = model.predict(x_test, verbose=0).argmax(1)
    chosen = np.flatnonzero((predicted == y_test) & masks.any((1, 2)))[: options.explained]
    x_test, masks = x_test[chosen], masks[chosen]
    explained = methods(model, options.samples, options.steps, window)
    maps = {method: explain(x_test, class_names=classes) for method, explain in explained.items()}
    figures = {
        "test accuracy": round(float((predicted == y_test).mean()), 4),
        "examples explained": len(chosen),
        "chance: share of the cause in the elements": round(float(masks.mean()), 4),
        "share of the saliency in the cause": {method: in_words(share_inside(m, masks)) for method, m in maps.items()},
        "median relative gap of integrated gradients": round(
            float(np.median(maps["integrated gradients"].relative_gap)), 4
        ),
    }
    return figures, maps, x_test, masks, model


def draw_heartbeat(saliency, mask, path):
    """One example: its leads in the colours of the saliency, the planted beat on a yellow ground."""
    times = np.arange(len(mask)) / RATE
    figure = saliency.plot(time=times, time_label="time (s)", feature_names=LEADS, units="mV")
    for ax, own in zip(figure.axes, mask.T, strict=False):
        if own.any():
            ax.axvspan(times[own][0], times[own][-1], color="#ffe680", zorder=0, linewidth=0)
    figure.savefig(path, bbox_inches="tight")


def draw_methods(maps, x, path):
    """One example by three methods, channels below one another."""
    shown = {name: maps[name][:1] for name in ("gradient", "integrated gradients", "occlusion")}
    kerasal.SeriesVisualizer().visualize_batch(
        shown,
        x[:1],
        np.arange(x.shape[1]) / RATE,
        LEADS,
        ["an early beat"],
        path,
        style="strip",
        units="mV",
        time_label="time (s)",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/time_series"), help="folder of the results")
    parser.add_argument("--train", type=int, default=1000, help="series to train with, of each set (1000)")
    parser.add_argument("--epochs", type=int, default=15, help="of each network (15)")
    parser.add_argument("--samples", type=int, default=30, help="of noise (30)")
    parser.add_argument("--steps", type=int, default=64, help="of integrated gradients (64)")
    parser.add_argument("--explained", type=int, default=100, help="test series (100)")
    parser.add_argument("--seed", type=int, default=0, help="of series and networks (0)")
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    figures, maps, x, masks, _ = experiment(heartbeats, "convolutions", ["regular", "early beat"], 20, options)
    draw_heartbeat(maps["integrated gradients"][0], masks[0], options.out / "time_series.png")
    draw_methods(maps, x, options.out / "time_series_methods.png")
    found = {"heartbeats, convolutions": figures}
    for name in ("convolutions", "LSTM"):
        found[f"boxes, {name}"], _, x, masks, model = experiment(boxes, name, ["down", "up"], 10, options)
    outcome = compared(model, x, masks, options.steps)  # the LSTM, of which maps differ most
    print(outcome)
    outcome.plot(options.out / "compared.png")
    best = {measure: outcome.best(measure) for measure in outcome.measurements}
    found["boxes, LSTM: recipes that no other is surely better than"] = best
    found["seconds"] = round(time.perf_counter() - began, 1)
    (options.out / "time_series.json").write_text(json.dumps(found, indent=1, ensure_ascii=False), "utf-8")
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
