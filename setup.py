"""The package `kerasal`: what it is, what it needs. Settings of the tools are in pyproject.toml.

KERASAL_URL=https://… is where the files of the repository can be read, for the links and pictures on the page of an index.
"""

import os
import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"$', (ROOT / "kerasal/__init__.py").read_text("utf-8"), re.MULTILINE)[1]
URL = os.environ.get("KERASAL_URL", "").rstrip("/")
LINK = re.compile(r"(?P<is_picture>!?)\[(?P<text>[^\]]*)\]\((?!\w+:)(?P<path>[^)]+)\)")


def readme_of_an_index():
    """README.md with whole addresses; without KERASAL_URL links are their words, and pictures are left out."""

    def whole(found):
        if URL:
            return f"{found['is_picture']}[{found['text']}]({URL}/{found['path']})"
        return "" if found["is_picture"] else found["text"]

    return LINK.sub(whole, (ROOT / "README.md").read_text("utf-8"))


setup(
    name="kerasal",
    version=VERSION,
    description="Saliency maps with error bars for any Keras model, in a script, in model.fit and in TensorBoard.",
    long_description=readme_of_an_index(),
    long_description_content_type="text/markdown",
    author="The kerasal developers",
    license="Apache-2.0",
    project_urls={"Source": URL, "Changelog": f"{URL}/CHANGELOG.md"} if URL else {},
    license_files=["LICENSE"],
    keywords="saliency explainability smoothgrad bayesgrad integrated-gradients keras tensorflow tensorboard",
    packages=find_packages(include=["kerasal", "kerasal.*"]),
    package_data={"kerasal": ["py.typed"], "kerasal.tensorboard": ["static/**/*"]},
    entry_points={
        "console_scripts": ["kerasal = kerasal.command_line.main:main"],
        "tensorboard_plugins": ["kerasal = kerasal.tensorboard.plugin:SaliencyPlugin"],
    },
    python_requires=">=3.10",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Visualization",
        "Typing :: Typed",
    ],
    install_requires=[
        "tensorflow>=2.14",
        "keras>=2.14",
        "tensorboard",  # TensorFlow 2.21 no longer brings it, and tf.summary.image raises without it
        "numpy",
        "matplotlib",
    ],
    extras_require={
        "molecules": ["rdkit"],
        "regions": ["scikit-image"],
        "export": ["pandas", "shap", "xarray"],  # Saliency.to_frame, to_shap, to_xarray
        "store": ["zarr>=3.1"],  # kerasal.explain_dataset
        "beam": ["apache-beam", "zarr>=3.1"],  # kerasal.beam
        "remote": ["fsspec"],  # TensorBoard's tab on gs://, s3:// …; a store needs its own package besides, e.g. gcsfs
        # tensorflow-addons does not import under Keras 3, so its users stay on this stack (Python 3.10 or 3.11).
        "addons": [
            "tensorflow==2.14.*",
            "keras==2.14.*",
            "tensorflow-addons==0.23.*",
            "numpy<2",
            "setuptools<81",  # TensorBoard 2.14 imports pkg_resources, which later ones no longer have
        ],
        "docs": [
            "furo",
            "latex2mathml",
            "myst-nb",  # pages, and notebooks among them
            "sphinx",
            "sphinx-copybutton",
            "typos",
        ],  # make docs, make spelling
        "dev": [
            "apache-beam",
            "axe-core-python",  # axe.min.js, which looks for faults of accessibility in the tab
            "fsspec",
            "hypothesis",
            "pytest",
            "pytest-xdist",
            "ruff",
            "mypy",
            "scikit-learn",
            "pandas",
            "shap",
            "xarray",
            "nbclient",
            "ipykernel",
            "zarr>=3.1",
        ],
    },
)
