"""The tab "Saliency" of TensorBoard. Loads neither TensorFlow nor Keras."""

import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path

from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import Request, Response, exceptions, wrappers

from kerasal.tensorboard.queries import Served, colormaps

STATIC = Path(__file__).with_name("static")
TYPES = {".js": "text/javascript", ".css": "text/css"}


class SaliencyPlugin(base_plugin.TBPlugin):
    """Serves the tab.

    Args:
        context: TensorBoard's.
    """

    plugin_name = "kerasal"

    def __init__(self, context):
        super().__init__(context)
        self._served = Served(roots_of(context))

    def is_active(self) -> bool:
        return bool(self._served.runs())

    def frontend_metadata(self):
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name="Saliency", disable_reload=True)

    def get_plugin_apps(self):
        served = self._served
        apps = {
            "/runs": json_app(lambda asked: served.runs()),
            "/run": json_app(lambda asked: served.run(asked.args["run"])),
            "/colormaps": json_app(lambda asked: colormaps()),
            "/map": bytes_app(
                lambda asked: served.map(
                    asked.args["run"],
                    int(asked.args["step"]),
                    int(asked.args["example"]),
                    asked.args.get("of", "values"),
                )
            ),
            "/history": bytes_app(
                lambda asked: served.history(
                    asked.args["run"], int(asked.args["example"]), asked.args.get("of", "values")
                )
            ),
            "/image": bytes_app(lambda asked: served.image(asked.args["run"], int(asked.args["example"]))),
        }
        return apps | {f"/{path.name}": file_app(path) for path in STATIC.iterdir() if path.suffix in TYPES}


def roots_of(context) -> dict[str, str]:
    """{name: directory} of `--logdir`, or of `--logdir_spec`, where the logdir is empty."""
    if context.logdir:
        return {"": os.path.expanduser(context.logdir)}
    spec = getattr(context.flags, "logdir_spec", "") or ""
    named = re.compile(r"(?!\w+://)[^/:]*:")  # not the scheme of gs://bucket
    parts = [part.split(":", 1) if named.match(part) else ["", part] for part in map(str.strip, spec.split(","))]
    roots: dict[str, str] = {}
    for name, directory in ((name.strip(), os.path.expanduser(directory.strip())) for name, directory in parts):
        if directory:
            roots[directory if name in roots else name] = directory
    return roots


def app(answer: Callable[[Request], Response]):
    """A WSGI application; what is asked for and does not exist is 404, what makes no sense or cannot be read 400."""

    @wrappers.Request.application
    def respond(request):
        try:
            return answer(request)
        except exceptions.BadRequestKeyError as error:
            return told(request, error, 400)
        except KeyError as error:
            return told(request, error.args[0] if error.args else error, 404)
        except FileNotFoundError as error:
            return told(request, error, 404)
        except (ValueError, OSError) as error:
            return told(request, error, 400)
        except (TypeError, AttributeError, RecursionError) as error:
            words = f"Expected a run as SaliencyLogger writes it. Received: a damaged one ({error}). Train it again."
            return told(request, words, 400)

    return respond


def told(request: Request, words, code: int) -> Response:
    return http_util.Respond(request, str(words).encode("utf-8", "replace"), "text/plain", code=code)


def json_app(make: Callable):
    return app(lambda request: http_util.Respond(request, json.dumps(finite(make(request))), "application/json"))


def finite(value):
    """The same with None for NaN and infinities, which are no JSON."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def bytes_app(make: Callable):
    return app(lambda request: http_util.Respond(request, make(request), "application/octet-stream"))


def file_app(path: Path):
    return app(lambda request: http_util.Respond(request, path.read_bytes(), TYPES[path.suffix]))
