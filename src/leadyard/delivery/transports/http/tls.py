"""TLS contexts with a client certificate or a private authority of a delivery's own."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from leadyard.delivery.model import ClientCertificate
from leadyard.kit.errors import FieldProblem


@lru_cache(maxsize=256)
def context_of(tls: ClientCertificate) -> ssl.SSLContext:
    """Make the context once for each certificate; raises ssl.SSLError for one that `tls_problems` finds fault with."""
    context = ssl.create_default_context(cadata=tls.authority or None)
    if tls.certificate:
        with _file(f"{tls.certificate}\n{tls.private_key}\n") as path:
            context.load_cert_chain(path, password=tls.passphrase)
    return context


def tls_problems(tls: ClientCertificate) -> list[FieldProblem]:
    """List what is wrong with certificates and key, for the set-up API."""
    problems = [
        FieldProblem(name, "is not a certificate in PEM")
        for name, text in (("certificate", tls.certificate), ("authority", tls.authority))
        if text and not _certificates(text)
    ]
    if bool(tls.certificate) != bool(tls.private_key):
        missing = "private_key" if tls.certificate else "certificate"
        problems.append(FieldProblem(missing, "is missing: certificate and key come together"))
    elif tls.certificate and not problems:
        problems += _key_problems(tls)
    if not problems:
        try:
            context_of(tls)
        except ssl.SSLError as error:
            problems.append(FieldProblem("certificate", f"cannot be used: {error.reason or error}"))
    return problems


def _certificates(text: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        return []


def _key_problems(tls: ClientCertificate) -> list[FieldProblem]:
    passphrase = tls.passphrase.encode() or None
    try:
        key = load_pem_private_key(tls.private_key.encode(), passphrase)
    except TypeError:
        detail = "is missing: the key is encrypted" if passphrase is None else "is not needed by the key"
        return [FieldProblem("passphrase", detail)]
    except (ValueError, UnsupportedAlgorithm):
        detail = "is not a private key in PEM" + (", or the passphrase is wrong" if passphrase else "")
        return [FieldProblem("private_key", detail)]
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != _certificates(tls.certificate)[0].public_key().public_bytes(
        *form
    ):
        return [FieldProblem("private_key", "does not belong to the first certificate")]
    return []


@contextmanager
def _file(text: str) -> Iterator[str]:
    """Lend a file for OpenSSL, which reads keys from files only: in memory where the system can, else mode 600."""
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").exists():
        descriptor = os.memfd_create("leadyard-certificate")
        try:
            os.write(descriptor, text.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(text)
        file.flush()
        yield file.name
