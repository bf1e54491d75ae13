"""Keras callbacks: saliency while a model trains, and the pictures of its examples."""

from kerasal._network.checks import check_backend

check_backend()  # before keras.callbacks.Callback is subclassed

from kerasal.callbacks.pictures.base import Pictures
from kerasal.callbacks.pictures.molecule import MoleculePictures
from kerasal.callbacks.pictures.text import TextPictures
from kerasal.callbacks.saliency_logger import SaliencyLogger
from kerasal.callbacks.storage import Storage

__all__ = ["MoleculePictures", "Pictures", "SaliencyLogger", "Storage", "TextPictures"]
