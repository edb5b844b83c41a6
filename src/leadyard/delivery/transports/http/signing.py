"""Signatures over parts of a request: HMAC with a key of the buyer's, written wherever a template names it."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping

from leadyard.delivery.model import Signature
from leadyard.delivery.templates import Template, TemplateError, compile_template
from leadyard.delivery.templates.escapes import verbatim
from leadyard.kit.errors import FieldProblem

BODY = "request.body"
PREFIX = "signature."


class Signer:
    """One signature made ready."""

    def __init__(self, signature: Signature, template: Template, key: bytes) -> None:
        """Take the compiled text and the key's bytes."""
        self.name = f"{PREFIX}{signature.name}"
        self.names = template.names
        self.needs_body = BODY in template.names
        self._template = template
        self._key = key
        self._algorithm = getattr(hashlib, signature.algorithm)
        self._in_base64 = signature.encoding == "base64"

    def sign(self, values: Mapping[str, str]) -> str:
        """Sign the text that these values make; UnfitValueError when one is too long."""
        text = self._template.render(values, verbatim).encode(errors="replace")
        digest = hmac.new(self._key, text, self._algorithm)
        return b64encode(digest.digest()).decode() if self._in_base64 else digest.hexdigest()


def compile_signers(signatures: Iterable[Signature], problems: list[FieldProblem]) -> dict[str, Signer]:
    """Make signatures ready, by the name that templates use; what is wrong is added to the problems."""
    signers: dict[str, Signer] = {}
    for index, signature in enumerate(signatures):
        at = f"signatures[{index}]"
        if f"{PREFIX}{signature.name}" in signers:
            problems.append(FieldProblem(f"{at}.name", "is given twice"))
        try:
            template = compile_template(signature.text)
        except TemplateError as error:
            problems.append(FieldProblem(f"{at}.text", str(error)))
            continue
        if any(name.startswith(PREFIX) for name in template.names):
            problems.append(FieldProblem(f"{at}.text", "must not name another signature"))
        try:
            key = _key_bytes(signature)
        except (ValueError, Base64Error):
            problems.append(FieldProblem(f"{at}.key", f"is not {signature.key_encoding}"))
            continue
        signers[f"{PREFIX}{signature.name}"] = Signer(signature, template, key)
    return signers


def _key_bytes(signature: Signature) -> bytes:
    if signature.key_encoding == "hex":
        return bytes.fromhex(signature.key)
    if signature.key_encoding == "base64":
        return b64decode(signature.key, validate=True)
    return signature.key.encode()
