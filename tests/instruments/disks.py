"""Disks that fail for a while, as callbacks of a training."""

import os
import resource
import signal

import keras


class During(keras.callbacks.Callback):
    """Does something before an epoch and, where that returns a function, calls it before a later one."""

    def __init__(self, begin, epoch, until=None):
        super().__init__()
        self.begin, self.epoch, self.until, self.end = begin, epoch, until, None

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.end = self.begin()
        elif epoch == self.until:
            self.end()


def full(size=0):
    """Let no file of this process grow beyond so many bytes, as the system does it; return the way back.

    What needs more gets EFBIG in place of ENOSPC, in TensorFlow's own code as well.
    """
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def read_only(folder):
    """Take the right to write below a folder from this process, and from root by being somebody else; return the way back."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    before = [path.stat().st_mode for path in folders]
    for path in folders:
        path.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)

    def end():
        os.seteuid(user)
        for path, mode in zip(folders, before, strict=True):
            path.chmod(mode)

    return end
