"""The page of where class activation maps look says what they do."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_rows_are_as_the_page_has_them():
    table = runpy.run_path(str(ROOT / "benchmarks" / "where_cams_look.py"))
    page = (ROOT / "docs" / "where_cams_look.md").read_text()
    for row in table["rows"](table["QUICK"]):
        assert str(row) in page
