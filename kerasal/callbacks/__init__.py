"""Keras callbacks: saliency while a model trains, and how its examples are drawn."""

from kerasal.stack import check_backend

check_backend()  # before keras.callbacks.Callback is subclassed

from kerasal.callbacks.molecule_pictures import MoleculePictures
from kerasal.callbacks.saliency_logger import SaliencyLogger
from kerasal.callbacks.text_pictures import TextPictures

__all__ = ["MoleculePictures", "SaliencyLogger", "TextPictures"]
