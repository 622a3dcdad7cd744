"""The templates of this room, one environment for each language; HTML is escaped, plain text is not."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from app.i18n.catalogue import translator
from app.texts.design import DARK, LIGHT, SYSTEM_FONTS


def render(name: str, language: str, **values: Any) -> str:
    """Return a template of `app/texts/templates` filled in; a missing value is an error."""
    return _environment(language).get_template(name).render(**values)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("app.texts"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(translator(language), newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    environment.globals |= {
        "language": language,
        "light": LIGHT,
        "dark": DARK,
        "fonts": Markup(SYSTEM_FONTS),  # noqa: S704 - a constant of ours, whose quotes some mail programs need as they are
    }
    return environment
