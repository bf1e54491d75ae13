"""Keras callbacks: saliency while a model trains."""

from kerasal.stack import check_backend

check_backend()  # before keras.callbacks.Callback is subclassed

from kerasal.callbacks.saliency_logger import SaliencyLogger

__all__ = ["SaliencyLogger"]
