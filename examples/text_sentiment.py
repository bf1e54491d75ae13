"""Sentiment, word by word: a bidirectional LSTM on reviews whose truth is known for each word.

The reviews are made here from a small grammar: what was rated, an opinion, sometimes negated, among words that mean nothing
("not dull at all" is praise). After training, each test review is explained at the embedding by gradient × embedding,
BayesGrad, integrated gradients and occlusion of tokens, and every method is judged by how well it finds the words of opinion.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
from sklearn.metrics import average_precision_score

import kerasal
from kerasal import metrics, recipes

THINGS = [
    "food",
    "service",
    "film",
    "acting",
    "room",
    "staff",
    "plot",
    "music",
    "soup",
    "ending",
    "breakfast",
    "singer",
]
GOOD = [
    "great",
    "lovely",
    "delicious",
    "superb",
    "charming",
    "excellent",
    "brilliant",
    "delightful",
    "wonderful",
    "fresh",
    "warm",
    "clever",
]
BAD = [
    "awful",
    "dull",
    "terrible",
    "bland",
    "dreadful",
    "boring",
    "horrible",
    "rude",
    "stale",
    "clumsy",
    "dirty",
    "disappointing",
]
BEFORE = ["honestly", "last week", "in the end", "as my brother said", "after the long drive", "to be fair", "we think"]
AFTER = ["at all times", "on that day", "for the price", "this time", "in every way", "as usual", "if you ask me"]
NOT = ["not", "never", "hardly"]


def clause(rng):
    """(words, truth of each word: 0, or ±1 where it carries the opinion), the opinion being ±1."""
    opinion, negated = rng.choice([-1, 1]), rng.random() < 0.3
    word = str(rng.choice(GOOD if (opinion > 0) != negated else BAD))
    parts = [(str(rng.choice(BEFORE)), 0)] if rng.random() < 0.5 else []
    parts += [(f"the {rng.choice(THINGS)} was", 0)]
    parts += [(str(rng.choice(NOT)), opinion)] if negated else []
    parts += [(str(rng.choice(["very", "really", "quite"])), 0)] if rng.random() < 0.4 else []
    parts += [(word, opinion)]
    parts += [(str(rng.choice(AFTER)), 0)] if rng.random() < 0.5 else []
    pairs = [(word, truth) for words, truth in parts for word in words.split()]
    return [word for word, _ in pairs], [truth for _, truth in pairs], opinion


def review(rng):
    """(words, truth of each, 1 for praise): one clause, or three, which never come out even."""
    words, truth, total = [], [], 0
    for number in range(rng.choice([1, 3])):
        more, of_each, opinion = clause(rng)
        words, truth = words + (["and"] if number else []) + more, truth + ([0] if number else []) + of_each
        total += opinion
    return words, truth, int(total > 0)


def network(vocabulary, length):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((length,), dtype="int32"),
            layers.Embedding(vocabulary, 24, mask_zero=True, name="embed"),
            layers.Bidirectional(layers.LSTM(24)),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def explanations(model, tokens, samples, steps):
    """{method: Saliency (N, tokens)}: how each token moves the logit of praise."""
    embedded = {"target_extractor": kerasal.LayerExtractor("embed")}
    gradient = kerasal.GradientCalculator(model, multiply_target=True, **embedded)
    path = kerasal.IntegratedGradientsCalculator(model, steps=steps, **embedded)
    windows = kerasal.OcclusionCalculator(model, size=1, slide_axis=1, **embedded)
    ways = {
        "gradient × embedding": lambda: gradient.explain(tokens, ch_axis=-1),
        "the same, BayesGrad": lambda: gradient.explain(tokens, ch_axis=-1, train=True, M=samples),
        "integrated gradients": lambda: path.explain(tokens, ch_axis=-1),
        "occlusion": lambda: windows.explain(tokens, ch_axis=-1),
    }
    found = {}
    for name, way in ways.items():
        print(f"{len(tokens)} reviews by {name}", flush=True)
        found[name] = way()
    return found


def compared(model, tokens, truths, samples, steps):
    """Four recipes of the logit of praise; words are hidden whole, padding is neither hidden nor counted; the truth: words of praise."""
    at = {"target_extractor": "embed", "ch_axis": -1}
    several = {
        "gradient × embedding": recipes.gradient_times_input(**at),
        "the same, BayesGrad": recipes.gradient_times_input(train=True, M=samples, **at),
        "integrated gradients": recipes.integrated_gradients(steps=steps, **at),
        "occlusion": recipes.occlusion(1, slide_axis=1, **at),
    }
    praise = np.full(tokens.shape, np.nan)  # padding is not counted
    for row, truth in zip(praise, truths, strict=True):
        row[: len(truth)] = np.array(truth) > 0
    chosen = [
        metrics.Deletion(model, target_extractor="embed"),
        metrics.SensitivityN(model, samples=40, target_extractor="embed"),
        metrics.RocAuc(praise),
    ]
    return metrics.compare(model, tokens, several, chosen)


def judged(saliency, truths):
    """Measure how well |saliency| finds the words of opinion (mean average precision), and how often its sign is right."""
    precision = [
        average_precision_score(np.abs(truth), np.abs(row[: len(truth)]))
        for row, truth in zip(saliency.values, truths, strict=True)
    ]
    signs = [
        np.sign(value) == truth
        for row, each in zip(saliency.values, truths, strict=True)
        for value, truth in zip(row, each, strict=False)  # a row is padded
        if truth
    ]
    gap = saliency.relative_gap
    return {
        "average precision": round(float(np.mean(precision)), 3),
        "sign right": round(float(np.mean(signs)), 3),
        "median completeness gap": None if gap is None else float(f"{np.median(gap):.2g}"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/text_sentiment"), help="folder of the results")
    parser.add_argument("--reviews", type=int, default=4000, help="for training (4000)")
    parser.add_argument("--epochs", type=int, default=4, help="of training (4)")
    parser.add_argument("--samples", type=int, default=30, help="of dropout (30)")
    parser.add_argument("--steps", type=int, default=64, help="of integrated gradients (64)")
    parser.add_argument("--explained", type=int, default=200, help="test reviews that are explained (200)")
    parser.add_argument("--shown", type=int, default=4, help="of these in the picture (4)")
    options = parser.parse_args()
    began = time.perf_counter()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    reviews = [review(rng) for _ in range(options.reviews + 500)]
    vectorize = keras.layers.TextVectorization(standardize=None, output_sequence_length=max(len(r[0]) for r in reviews))
    texts = [" ".join(words) for words, _, _ in reviews]
    vectorize.adapt(texts[: options.reviews])
    tokens, labels = np.asarray(vectorize(texts)), np.array([label for _, _, label in reviews])
    train, test = slice(options.reviews), slice(options.reviews, None)

    model = network(len(vectorize.get_vocabulary()), tokens.shape[1])
    model.compile(keras.optimizers.Adam(5e-3), loss="binary_crossentropy", metrics=["accuracy"])
    held_out = (tokens[test], labels[test])
    model.fit(tokens[train], labels[train], epochs=options.epochs, batch_size=64, validation_data=held_out, verbose=2)
    accuracy = float(model.evaluate(*held_out, verbose=0)[1])

    chosen = tokens[test][: options.explained]
    truths = [truth for _, truth, _ in reviews[options.reviews :]][: options.explained]
    results = explanations(model, chosen, options.samples, options.steps)
    found = compared(model, chosen, truths, options.samples, options.steps)
    print(found)
    found.plot(options.out / "compared.png")
    base = np.mean([np.mean(np.abs(truth)) for truth in truths])
    figures = {
        "test accuracy": round(accuracy, 4),
        "share of words of opinion (the average precision of chance, about)": round(float(base), 3),
        "methods": {name: judged(saliency, truths) for name, saliency in results.items()},
        "recipes that no other is surely better than": {measure: found.best(measure) for measure in found.measurements},
    }
    rows = sorted(range(len(truths)), key=lambda n: -sum(map(abs, truths[n])) + len(truths[n]) / 20)[: options.shown]
    probabilities = model.predict(chosen[rows], verbose=0)[:, 0]
    words = [reviews[options.reviews + n][0] for n in rows]
    padded = [each + [None] * (tokens.shape[1] - len(each)) for each in words]
    visualizer = kerasal.TextVisualizer()
    for ending in ("png", "html"):
        visualizer.visualize_batch(
            {name: [saliency[n] for n in rows] for name, saliency in results.items()},
            padded,
            labels=["good" if p > 0.5 else "bad" for p in probabilities],
            probabilities=[float(max(p, 1 - p)) for p in probabilities],
            save_filepath=options.out / f"text_sentiment.{ending}",
            title="Which words speak for a good review (red), which against it (blue)",
            width=8.5,
        )
    figures["seconds"] = round(time.perf_counter() - began, 1)
    (options.out / "text_sentiment.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    written = (*(f"text_sentiment.{ending}" for ending in ("png", "html", "json")), "compared.png")
    print("Wrote " + ", ".join(str(options.out / name) for name in written))


if __name__ == "__main__":
    main()
