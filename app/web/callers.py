"""From which machine a page was asked for."""

from starlette.requests import Request

from app.domain.networks import is_loopback


def ip_of(request: Request) -> str | None:
    """Return the address of the machine that a request comes from; None where nobody tells.

    Only a proxy on this machine is believed about whom it speaks for, and only the address that it added last.
    """
    host = request.client.host if request.client else ""
    if not is_loopback(host):
        return host or None
    told = request.headers.getlist("x-forwarded-for")
    return told[-1].rpartition(",")[2].strip() if told else host
