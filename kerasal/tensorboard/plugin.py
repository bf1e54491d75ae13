"""The tab "Saliency" of TensorBoard. Loads neither TensorFlow nor Keras."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import Request, Response, exceptions, wrappers

from kerasal.tensorboard.served import Served, colormaps

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
        return {"": context.logdir}
    spec = getattr(context.flags, "logdir_spec", "") or ""
    named = re.compile(r"(?!\w+://)[^/:]*:")  # not the scheme of gs://bucket
    parts = [part.split(":", 1) if named.match(part) else ["", part] for part in spec.split(",")]
    roots: dict[str, str] = {}
    for name, directory in parts:
        if directory:
            roots[directory if name in roots else name] = directory
    return roots


def app(answer: Callable[[Request], Response]):
    """A WSGI application; what is asked for and does not exist is 404, what makes no sense 400."""

    @wrappers.Request.application
    def respond(request):
        try:
            return answer(request)
        except (exceptions.BadRequestKeyError, ValueError) as error:
            return http_util.Respond(request, f"{error}", "text/plain", code=400)
        except (KeyError, FileNotFoundError) as error:
            return http_util.Respond(
                request, f"{error.args[0] if isinstance(error, KeyError) else error}", "text/plain", code=404
            )

    return respond


def json_app(make: Callable):
    return app(lambda request: http_util.Respond(request, json.dumps(make(request)), "application/json"))


def bytes_app(make: Callable):
    return app(lambda request: http_util.Respond(request, make(request), "application/octet-stream"))


def file_app(path: Path):
    return app(lambda request: http_util.Respond(request, path.read_bytes(), TYPES[path.suffix]))
