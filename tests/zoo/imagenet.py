"""The photographs of the shared data and the class an ImageNet network sees in each."""

import importlib.util

import numpy as np

TOP = {"goldfish.jpg": "goldfish", "bear.jpg": "brown bear", "cat.bmp": "tabby", "basketball.jpeg": "basketball"}
TOP |= {"bus.jpeg": "trailer truck", "dog.jpeg": "Eskimo dog"}


def network_module(data_dir):
    """The module of the shared data that loads the network, its labels and images."""
    spec = importlib.util.spec_from_file_location("mobilenet", data_dir / "mobilenet" / "mobilenet.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def photographs(network, data_dir):
    """(6, 224, 224, 3), in the order of TOP."""
    return np.stack([network.load_image(data_dir / "images" / name) for name in TOP])
