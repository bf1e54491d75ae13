"""Pictures of a run in Python: the colours are NumPy's, on one scale over all steps, and a film has a frame a step."""

import numpy as np
import pytest
from PIL import Image
from three_parts import refused

from kerasal import Saliency, load_run
from kerasal.tensorboard.archive import Archive
from kerasal.tensorboard.depiction import Depiction
from kerasal.visualizers.colors import color_scale

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 6, 9, 3)).astype("uint8")


def run_of(folder, maps, depiction=None, **facts):
    """A run of steps 0, 10, 20 … of maps (S, N, ...)."""
    archive = Archive(folder, [f"{n} label 1" for n in range(maps.shape[1])], facts, depiction)
    for k, values in enumerate(maps):
        predictions = {"class": np.array([2] * len(values)), "probability": np.full(len(values), 0.25 * k)}
        archive.write(10 * k, Saliency(values, predictions=predictions, class_names=["ant", "bee", "cat"]), {})
    return load_run(folder)


def test_images_stand_beside_their_maps_on_one_scale(tmp_path):
    maps = RNG.normal(size=(2, 3, 6, 9)).astype("float32")
    run = run_of(tmp_path, maps, Depiction("image", arrays={"images": IMAGES}))
    figure = run.plot(0, [2, 0])
    assert "step 0" in figure.get_suptitle() and "2 of 3 examples" in figure.get_suptitle()
    tiles = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in tiles] == ["2 label 1\npred cat (0.00)", "0 label 1\npred cat (0.00)"]
    limit = np.percentile(np.abs(maps[:, [2, 0]]), 99.5, method="higher")
    colors = color_scale(-limit, limit)
    for ax, n in zip(tiles, (2, 0), strict=True):
        shown = np.asarray(ax.images[0].get_array())
        np.testing.assert_allclose(shown[:, :9], IMAGES[n] / 255, atol=1e-6)
        np.testing.assert_allclose(shown[:, -9:], np.asarray(colors.to_rgba(maps[0, n]))[:, :, :3], atol=1e-6)
    assert "pred cat (0.25)" in run.plot().axes[0].get_title()  # the last step
    run.plot(0, save_filepath=tmp_path / "run.png")
    assert Image.open(tmp_path / "run.png").width > 100
    with refused("run.txt", ".png"):
        run.plot(0, save_filepath=tmp_path / "run.txt")


def test_series_and_tables_are_drawn(tmp_path):
    series = RNG.normal(size=(2, 2, 12, 3)).astype("float32")
    axes = run_of(tmp_path / "series", series).plot(10).axes
    assert np.asarray(axes[0].images[0].get_array()).shape == (3, 12, 3)  # time from left to right
    table = np.abs(RNG.normal(size=(2, 4, 3))).astype("float32")
    figure = run_of(tmp_path / "table", table, columns=["a", "b", "c"]).plot(10)
    shown = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_allclose(shown, np.asarray(color_scale(0, table.max()).to_rgba(table[1]))[..., :3], atol=1e-6)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["a", "b", "c"]


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_a_film_has_a_frame_a_step(tmp_path, ending):
    run = run_of(tmp_path / "logs", RNG.normal(size=(3, 1, 5, 4)).astype("float32"))
    path = tmp_path / f"training{ending}"
    run.animate(path, frames_per_second=10)
    with Image.open(path) as film:
        assert film.n_frames == 3
        frames = []
        for k in range(3):
            film.seek(k)
            frames.append(np.asarray(film.convert("RGB")).copy())
    assert not np.array_equal(frames[0], frames[1]) and frames[0].shape == frames[2].shape


def test_what_cannot_be_drawn_is_refused_by_name(tmp_path):
    run = run_of(tmp_path / "logs", np.ones((1, 2, 3, 4, 5), "float32"))
    with refused("(2, 3, 4, 5)", "saliency(0)[0].plot()"):
        run.plot()
    run = run_of(tmp_path / "other", np.ones((1, 2, 3), "float32"))
    with refused("2 examples", "7", error=IndexError):
        run.plot(examples=[7])
    with refused(".mp4"):
        run.animate(tmp_path / "training.mp4")
    with refused("0"):
        run.animate(tmp_path / "training.gif", frames_per_second=0)
    with pytest.raises(KeyError, match="Received: 5"):
        run.plot(5)
