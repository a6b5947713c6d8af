"""How a request is read, and what is wrong with it."""

import json
from typing import Any

from starlette.requests import Request

from keras_transformer.translation.service.answers import Wanted
from keras_transformer.translation.service.limits import Limits

FIELDS = ("text", "texts", "n_best", "attention")


class Refused(Exception):  # noqa: N818 an answer, not a fault
    """A request that is answered with a status and a reason."""

    def __init__(self, status: int, reason: str):
        super().__init__(reason)
        self.status = status


async def read(request: Request, limits: Limits) -> tuple[list[str], Wanted]:
    """The texts of a request, and what is wanted of them.

    Args:
        request: With a JSON object as its body: `{"text": "…"}` or `{"texts": […]}`,
            and if wanted `"n_best"` and `"attention"`.
        limits: What is taken.

    Raises:
        Refused: If the body is too large, is no such object, or is beyond a limit.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.max_bytes:
            raise Refused(413, f"a request must be at most {limits.max_bytes} bytes")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "a request must be JSON in UTF-8") from error
    if not isinstance(asked, dict) or ("text" in asked) == ("texts" in asked):
        raise Refused(400, 'a request must be an object with "text" or "texts"')
    for name in sorted(set(asked) - set(FIELDS)):
        raise Refused(400, f"a request must have fields of {FIELDS}, got {name[:40]!r}")
    texts = asked["texts"] if "texts" in asked else [asked["text"]]
    if not isinstance(texts, list) or not 1 <= len(texts) <= limits.max_texts:
        raise Refused(400, f"texts must be a list of 1 to {limits.max_texts}")
    for number, text in enumerate(texts):
        if not isinstance(text, str) or not _is_unicode(text):
            raise Refused(400, f"text {number} must be a string of Unicode text")
        if len(text) > limits.max_characters:
            raise Refused(
                400,
                f"text {number} must have at most {limits.max_characters} characters, "
                f"got {len(text)}",
            )
    return texts, _wanted(asked, limits)


def _wanted(asked: dict[str, Any], limits: Limits) -> Wanted:
    n_best, attention = asked.get("n_best", 1), asked.get("attention", False)
    if type(n_best) is not int or not 1 <= n_best <= limits.max_n_best:
        raise Refused(400, f"n_best must be an integer from 1 to {limits.max_n_best}")
    if type(attention) is not bool:
        raise Refused(400, "attention must be true or false")
    return Wanted(n_best, attention)


def _is_unicode(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        return False
    return True
