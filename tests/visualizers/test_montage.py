"""Videos and volumes: evenly chosen frames, the strongest among them and marked, each pixel in the colour of one scale."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from three_parts import refused

from kerasal import Saliency
from kerasal.visualizers.montage import STRONGEST, chosen_frames

T, H, W = 20, 6, 9
AXES = ("example", "frame", "row", "column", "channel")
DARK_RED, DARK_BLUE = (103, 0, 31), (5, 48, 97)


def videos(count=1, channels=3, **known):
    """Red at one pixel of frame 7, twice as strong as the blue of frame 19."""
    values = np.zeros((count, T, H, W, channels))
    values[:, 7, 2, 5, :], values[:, 19, 4, 1, 0] = 2.0 / channels, -1.0
    inputs = np.full((count, T, H, W, channels), 0.5, "float32")
    inputs[..., 0, 0, :], inputs[..., 0, 1, :] = 0.0, 1.0
    return Saliency(values, axes=AXES, inputs=inputs, about={"input": 0}, **known)


def frames_of(figure):
    """{title: pixels of the frame}."""
    return {ax.get_title(): (ax, ax.images[0].get_array()) for ax in figure.axes if ax.images}


@pytest.mark.parametrize(
    "strongest, most, expected",
    [
        (0, 4, [0, 6, 13, 19]),
        (7, 4, [0, 7, 10, 19]),
        (6, 4, [0, 6, 13, 19]),
        (5, 1, [5]),
        (19, 2, [0, 19]),
        (9, 40, list(range(20))),
    ],
)
def test_frames_are_chosen_evenly_and_the_strongest_is_among_them(strongest, most, expected):
    strengths = np.ones(20)
    strengths[strongest] = 2
    found = chosen_frames(strengths, most)
    assert strongest in found and len(found) <= most
    assert found == expected or most == 1


def test_a_video_is_a_montage_of_frames_on_one_scale():
    known = {"predictions": {"class": [1], "probability": [0.93]}, "class_names": ["wave", "jump"]}
    result = videos(kind="video", score_name="logit of class 1", **known)[0]
    figure = result.plot(percentile=100, alpha=1.0)
    found = frames_of(figure)
    assert list(found) == [
        "frame 0",
        "frame 3",
        "frame 6",
        "frame 7, strongest",
        "frame 10",
        "frame 13",
        "frame 16",
        "frame 19",
    ]
    assert tuple(found["frame 7, strongest"][1][2, 5]) == DARK_RED
    half = found["frame 19"][1][4, 1].astype(int)
    assert half[2] > half[0] and not np.array_equal(half, DARK_BLUE)  # half as strong: opacity .5 over grey
    assert tuple(found["frame 0"][1][2, 5]) == (128, 128, 128)  # zero leaves the frame alone
    marked = [title for title, (ax, _) in found.items() if ax.spines["top"].get_edgecolor() == to_rgba(STRONGEST)]
    assert marked == ["frame 7, strongest"]
    assert figure.get_suptitle() == "jump 93 %\nlogit of jump"
    bar = figure.axes[-1].get_xlabel()
    assert bar.startswith("saliency, summed over channels\nred raises")


def test_a_batch_has_a_row_for_each_video():
    result = videos(6, kind="video", predictions={"class": [0] * 6, "probability": [0.5] * 6}, score_name="loss")
    figure = result.plot(num_visualize=4)
    captions = [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()]
    assert (
        captions == ["class 0 50 %"] * 4
        and len(frames_of(figure)) == 4
        and figure.get_suptitle() == "loss — 4 of 6 examples"
    )
    assert len([ax for ax in figure.axes if ax.images]) == 16


def test_slices_of_a_volume_and_maps_without_pictures(tmp_path):
    volume = videos(kind="volume")[0]
    assert (
        "slice 7, strongest" in frames_of(volume.plot(save_filepath=tmp_path / "a.png"))
        and (tmp_path / "a.png").exists()
    )
    two = videos(channels=2)[0]
    assert "mean of 2 channels" in two.plot("volume").get_suptitle()
    alone = Saliency(two.values, axes=AXES[1:])
    assert tuple(frames_of(alone.plot("video"))["frame 7, strongest"][1][2, 5]) == DARK_RED
    grey = Saliency(two.values.sum(-1), axes=AXES[1:4], inputs=videos()[0].inputs[..., 0], about={"input": 0})
    assert tuple(frames_of(grey.plot("video", alpha=1.0))["frame 0"][1][0, 3]) == (128, 128, 128)


def test_what_is_no_video_is_refused():
    with refused("kind='numbers'"):
        Saliency(np.ones((2, 3))).plot("video")
    with refused("every class"):
        Saliency(np.ones((1, 2, 3, 4, 5)), axes=("example", "class", "frame", "row", "column")).plot("video")
    with refused("num_visualize=0"):
        videos()[0].plot("video", num_visualize=0)
