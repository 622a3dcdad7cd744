"""A throw-away certificate authority, made afresh by the openssl command: nothing secret lies in the project."""

import ssl
import subprocess
from pathlib import Path

_CONFIGURATION = """
[ca]
default_ca = authority
[authority]
dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
certificate = {folder}/authority.pem
private_key = {folder}/key.pem
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
[leaf]
subjectAltName = {names}
"""
_NOW, _LATER = "20240101000000Z", "20491231000000Z"


class Authority:
    """Signs certificates for hosts; `trusting()` is a client that believes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "index.txt").touch()
        self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem")
        self._run(
            *("req", "-x509", "-key", "key.pem", "-out", "authority.pem", "-subj", "/CN=Throw-away", "-days", "3"),
            *("-addext", "keyUsage=critical,keyCertSign"),
        )

    def trusting(self) -> ssl.SSLContext:
        """Return the context of a client that trusts this authority and no other."""
        return ssl.create_default_context(cafile=self._folder / "authority.pem")

    def serving(self, names: str, *, since: str = _NOW, until: str = _LATER) -> ssl.SSLContext:
        """Return the context of a server with a certificate for `names` ("DNS:…,IP:…"), valid between two dates."""
        (self._folder / "openssl.cnf").write_text(_CONFIGURATION.format(folder=self._folder, names=names))
        self._run("req", "-new", "-key", "key.pem", "-subj", "/CN=relay", "-out", "leaf.csr")
        self._run(
            *("ca", "-batch", "-notext", "-create_serial", "-config", "openssl.cnf", "-extensions", "leaf"),
            *("-in", "leaf.csr", "-out", "leaf.pem", "-startdate", since, "-enddate", until),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "leaf.pem", self._folder / "key.pem")
        return context

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self._folder, check=True, capture_output=True)  # noqa: S603, S607 - openssl is found on the PATH, its words are ours
