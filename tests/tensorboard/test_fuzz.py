"""Whatever files and questions are made up: no error but those that are promised, nothing believed that is damaged, little memory.

KERASAL_FUZZ=50 tries fifty times as much.
"""

import io
import warnings
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest
from fuzz import tried
from hypothesis import strategies as st
from made_files import built_files, changed, indexes
from memory import peak
from werkzeug.test import Client

from kerasal import Saliency, load_run
from kerasal.tensorboard.archive import ARRAYS, INDEX, Run
from kerasal.tensorboard.plugin import POLICY, SaliencyPlugin

WHOLE = Saliency(
    np.arange(6).reshape(2, 3), np.ones((2, 3)), M=[3, 4], scores=[1, 2], axes=("example", "feature"), about={"a": 1}
)
PARTS = ("values", "std", "scores", "M", "axes", "about", "score_name", "unpaired")


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "map.npz"
    WHOLE.save(path)
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path):
    """Where a run's files are."""
    found = tmp_path / "saliency" / "run" / ARRAYS
    found.mkdir(parents=True)
    return found


def load(path):
    """The `Saliency`, or None where it is refused in three parts; in little memory."""
    try:
        with peak() as memory:
            found = Saliency.load(path)
        assert memory.bytes < 1_000_000
        return found
    except ValueError as error:
        assert "Expected" in str(error) and "Received: " in str(error) and str(path) in str(error)
        return None


def test_a_file_that_was_changed_is_refused_or_the_same(content, tmp_path):
    path = tmp_path / "map.npz"

    @tried(300)
    @hypothesis.given(changed(content))
    def check(damaged):
        path.write_bytes(damaged)
        found = load(path)
        if found is not None:
            for part in PARTS:
                np.testing.assert_array_equal(getattr(found, part), getattr(WHOLE, part), strict=True)

    check()


def test_a_file_that_was_built_is_refused_or_what_numpy_reads(tmp_path):
    path, loaded = tmp_path / "map.npz", []

    @tried(300)
    @hypothesis.given(built_files())
    def check(built):
        path.write_bytes(built)
        found = load(path)
        if found is None:
            return
        loaded.append(found.shape)
        with np.load(io.BytesIO(built)) as stored:
            assert set(stored.files) <= {
                "metadata",
                "values",
                "std",
                "standard_error",
                "scores",
                "completeness_gap",
                "relative_gap",
            } | {"recipe"}
            for name in set(stored.files) - {"metadata", "recipe"}:
                np.testing.assert_array_equal(getattr(found, name), stored[name], strict=True)
        assert (
            len(found.axes) == found.values.ndim and np.shape(found.M) in ((), found.shape[:1]) and np.all(found.M >= 1)
        )

    check()
    assert len(loaded) > 10


def test_a_run_that_was_made_up_gives_its_whole_maps(folder, content):
    read = []

    @tried(100)
    @hypothesis.given(indexes(), changed(content))
    def check(index, damaged):
        (folder / INDEX).write_bytes(index)
        for step in range(4):
            (folder / f"{step}.npz").write_bytes(damaged if step == 2 else content)
        try:
            with warnings.catch_warnings(), peak() as memory:
                warnings.simplefilter("ignore", UserWarning)
                run = load_run(folder.parent)
                values, scores = run.values, run.scores
        except ValueError as error:
            assert "Received: " in str(error)
            return
        assert memory.bytes < 5_000_000
        steps = run.steps.tolist()
        assert steps == sorted(set(steps)) and set(steps) <= {0, 1, 2, 3} and len(values) == len(scores) == len(steps)
        for k, step in enumerate(steps):
            assert (values[k] == WHOLE.values).all() or (step == 2 and np.isnan(values[k]).all())
        for line in run.lines.values():
            for name in line.get("numbers") if isinstance(line.get("numbers"), dict) else ():
                try:
                    assert run.number(name).shape == (len(steps), len(run.examples))
                except KeyError as error:
                    assert "Received: " in str(error)
        read.append(len(steps))

    check()
    assert max(read) > 2


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "run": st.sampled_from(["saliency/run"] * 5 + ["", "..", "saliency/run/arrays"]) | st.text(max_size=9),
        "step": st.integers(-1, 4).map(str) | st.text(max_size=5) | st.sampled_from(["٣", "1e3", "0x1", "9" * 5000]),
        "example": st.integers(-1, 2).map(str) | st.text(max_size=5),
        "of": st.sampled_from(["values", "std", "scores", "__class__"]) | st.text(max_size=5),
        "first": st.integers(-1, 2).map(str) | st.text(max_size=5),
        "thousandths": st.sampled_from(["99500", "-1", "1000000", "x"]),
        "class": st.sampled_from(["0", "-1", "x", "9" * 5000]),
        "name": st.sampled_from(["images", "0", "index", "../0"]) | st.text(max_size=5),
    },
)
ROUTES = ("/runs", "/run", "/kinds", "/colormaps", "/map", "/history", "/array", "/small", "/ends", "/small_array")


def test_every_route_answers_whatever_is_asked_and_lies_there(folder, content):
    """Of a run that is the same for ten questions each, so that what is remembered of it takes part."""
    root = str(folder.parents[2])
    apps = SaliencyPlugin(SimpleNamespace(logdir=root, flags=None)).get_plugin_apps()
    codes = []
    Client(apps["/colormaps"]).get("/")

    @tried(60)
    @hypothesis.given(
        indexes(),
        changed(content),
        built_files(),
        st.lists(st.tuples(st.sampled_from(ROUTES), QUERIES), min_size=10, max_size=10),
    )
    def check(index, damaged, built, questions):
        for name, found in (
            (INDEX, index),
            ("0.npz", content),
            ("1.npz", damaged),
            ("2.npz", built),
            ("images.npz", damaged),
        ):
            (folder / name).write_bytes(found)
        for route, query in questions:
            with peak() as memory:
                answer = Client(apps[route]).get("/", query_string=query)
            assert memory.bytes < 5_000_000
            codes.append(answer.status_code)
            assert answer.status_code in (200, 400, 404), answer.text
            assert (
                answer.headers["Content-Security-Policy"] == POLICY
                and answer.headers["X-Content-Type-Options"] == "nosniff"
            )
            assert root.encode() not in answer.data and len(answer.data) < 100_000
            if answer.status_code != 200:
                assert answer.mimetype == "text/plain" and "Received: " in answer.text, answer.text
            elif route == "/map" and query["step"] == "0":
                expected = getattr(WHOLE, query.get("of", "values"))[int(query["example"])]
                np.testing.assert_array_equal(np.frombuffer(answer.data, "<f4"), expected)

    check()
    assert {200, 400, 404} == set(codes)


def test_a_run_in_the_tab_is_the_run(folder, content):
    """Bounds that nothing reaches leave nothing out."""

    @tried(20)
    @hypothesis.given(indexes())
    def check(index):
        (folder / INDEX).write_bytes(index)
        for step in range(4):
            (folder / f"{step}.npz").write_bytes(content)
        apps = SaliencyPlugin(SimpleNamespace(logdir=str(folder.parents[2]), flags=None)).get_plugin_apps()
        answer = Client(apps["/run"]).get("/", query_string={"run": "saliency/run"})
        if answer.status_code == 200:
            run = Run(folder.parent)
            assert (answer.json["steps"], answer.json["examples"]) == (run.steps.tolist(), run.examples)

    check()
