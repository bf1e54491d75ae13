"""Keras callbacks: saliency while a model trains, and how its examples are drawn."""

from kerasal._network.checks import check_backend

check_backend()  # before keras.callbacks.Callback is subclassed

from kerasal.callbacks.pictures.molecules import MoleculePictures
from kerasal.callbacks.pictures.texts import TextPictures
from kerasal.callbacks.saliency_logger import SaliencyLogger

__all__ = ["MoleculePictures", "SaliencyLogger", "TextPictures"]
