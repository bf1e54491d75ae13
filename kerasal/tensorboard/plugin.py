"""The tab "Saliency" of TensorBoard. Loads neither TensorFlow nor Keras."""

import json
import logging
import math
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import Request, Response, exceptions, wrappers

from kerasal.tensorboard import bounds
from kerasal.tensorboard.colormaps import colormaps
from kerasal.tensorboard.picture_kinds import picture_kinds
from kerasal.tensorboard.queries import History, RunQueries

STATIC = Path(__file__).with_name("static")
TYPES = {".js": "text/javascript", ".css": "text/css"}
BYTES = "application/octet-stream"
EVERY = "X-Kerasal-Every"  # of a history: of so many steps it holds one
# An answer that is opened as a page of its own may load and run nothing, and be in no frame. The tab's page is TensorBoard's.
POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
WORKED_ON = threading.BoundedSemaphore(bounds.AT_ONCE)  # requests: memory is for a few of them
WebApp = Callable[..., Any]  # a WSGI application


class SaliencyPlugin(base_plugin.TBPlugin):  # type: ignore[misc]  # TensorBoard is not typed
    """Serves the tab.

    Args:
        context: A `base_plugin.TBContext`.
    """

    plugin_name = "kerasal"

    def __init__(self, context: Any):
        super().__init__(context)
        self._queries = RunQueries(log_directories(context))
        self._kinds = picture_kinds()

    def is_active(self) -> bool:
        """Return True where there is a run."""
        return bool(self._queries.runs())

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Tell TensorBoard the module of the page and the name of the tab."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name="Saliency", disable_reload=True)

    def get_plugin_apps(self) -> dict[str, WebApp]:
        """Return {route: application}. Files have a route each: no path of a request is ever looked up on disk."""
        queries = self._queries
        apps = {
            "/runs": json_app(lambda query: queries.runs()),
            "/run": json_app(lambda query: queries.run(query["run"])),
            "/kinds": json_app(lambda query: sorted(self._kinds)),
            "/colormaps": json_app(lambda query: colormaps()),
            "/map": bytes_app(
                lambda query: queries.map(
                    query["run"], whole(query, "step"), whole(query, "example"), quantity(query), of_class(query)
                )
            ),
            "/history": bytes_app(
                lambda query: queries.history(query["run"], whole(query, "example"), quantity(query), of_class(query))
            ),
            "/small": bytes_app(
                lambda query: queries.small(
                    query["run"], whole(query, "step"), quantity(query), whole(query, "first"), of_class(query)
                )
            ),
            "/ends": json_app(
                lambda query: queries.ends(
                    query["run"], whole(query, "step"), quantity(query), whole(query, "thousandths"), of_class(query)
                )
            ),
            "/small_array": bytes_app(
                lambda query: queries.small_array(query["run"], query["name"], whole(query, "first"))
            ),
            "/array": bytes_app(lambda query: queries.array(query["run"], query["name"], whole(query, "example"))),
        }
        apps |= {f"/{path.name}": file_app(path) for path in STATIC.iterdir() if path.suffix in TYPES}
        return apps | {f"/kinds/{kind}.js": file_app(path) for kind, path in self._kinds.items()}


def log_directories(context: Any) -> dict[str, str]:
    """Return {name: directory} of `--logdir`, or of `--logdir_spec` where the logdir is empty."""
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


def whole(query: Mapping[str, str], name: str) -> int:
    """Return a whole number of a query. ValueError: it is none."""
    try:
        return int(query[name])
    except ValueError as error:
        told = f"{name} is a whole number. Received: {query[name][:100]!r}. Ask with one."
        raise ValueError(told) from error


def quantity(query: Mapping[str, str]) -> str:
    """Return the quantity that a query is of: the saliency itself where it names none."""
    return query.get("of", "values")


def of_class(query: Mapping[str, str]) -> int | None:
    """Return the class that a query is of, or None. ValueError: it is no whole number."""
    return whole(query, "class") if "class" in query else None


def app(answer: Callable[[Request], Response]) -> WebApp:
    """Make a WSGI application; a question for what does not exist is 404, one that makes no sense or cannot be read 400."""

    @wrappers.Request.application
    def respond(request: Request) -> Response:
        try:
            return answer(request)
        except exceptions.HTTPException as error:
            words = f"Expected a question as the tab asks it. Received: one that is not ({error}). Load the tab again."
            return error_response(request, words, 400)
        except (KeyError, FileNotFoundError) as error:
            return error_response(request, error.args[0] if error.args else error, 404)
        except (ValueError, OSError) as error:  # the system's own words have a path, which is nobody's business
            return error_response(request, getattr(error, "strerror", None) or error, 400)
        except Exception as error:
            logging.getLogger("kerasal").warning("A question of the tab failed", exc_info=True)
            words = f"Expected a run as SaliencyLogger writes it. Received: a damaged one ({type(error).__name__}). "
            return error_response(request, f"{words}See what TensorBoard printed.", 400)

    return respond


def error_response(request: Request, words: object, code: int) -> Response:
    """Answer with plain text, which no browser takes for markup."""
    return _respond(request, str(words)[:10_000].encode("utf-8", "replace"), "text/plain", code)


def json_app(make: Callable[[Mapping[str, str]], Any]) -> WebApp:
    """Make an application that answers with JSON, from the query of a request."""

    def answer(request: Request) -> Response:
        with WORKED_ON:
            content = json.dumps(finite(make(request.args)))
        if len(content) > bounds.ANSWER:
            raise ValueError(
                f"An answer of the tab has up to {bounds.ANSWER} bytes. Received: a run that takes {len(content)}. Log fewer "
                "examples, or more rarely."
            )
        return _respond(request, content, "application/json")

    return app(answer)


def finite(value: Any) -> Any:
    """Return a JSON value with None for NaN and infinities, which are no JSON."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def bytes_app(make: Callable[[Mapping[str, str]], bytes | History]) -> WebApp:
    """Make an application that answers with bytes, from the query of a request."""

    def answer(request: Request) -> Response:
        with WORKED_ON:
            made = make(request.args)
        return _stream(request, made) if isinstance(made, History) else _respond(request, made, BYTES)

    return app(answer)


def file_app(path: Path) -> WebApp:
    """Make an application that answers with a file."""
    return app(lambda request: _respond(request, path.read_bytes(), TYPES[path.suffix]))


def _respond(request: Request, content: bytes | str, content_type: str, code: int = 200) -> Response:
    """Answer; http_util.Respond adds X-Content-Type-Options: nosniff."""
    headers = [("Content-Security-Policy", POLICY)]
    response: Response = http_util.Respond(request, content, content_type, code=code, headers=headers)
    return response


def _stream(request: Request, history: History) -> Response:
    """Answer with one map after another, of which one is held at a time."""
    response = _respond(request, b"", BYTES)
    response.headers["Content-Length"] = str(history.size)
    response.headers[EVERY] = str(history.every)
    if request.method != "HEAD":
        response.response = _worked_on(history.pieces)
    return response


def _worked_on(pieces: Iterator[bytes]) -> Iterator[bytes]:
    while True:
        with WORKED_ON:
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
