"""Message catalogues: Vietnamese is the source language, English is read from `locale/en/LC_MESSAGES/keng.po`.

The catalogue is compiled in memory at first use, so that no binary file lies beside its source.
"""

from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

SOURCE_LANGUAGE = "vi"
LANGUAGES = (SOURCE_LANGUAGE, "en")


@cache
def translator(language: str) -> NullTranslations:
    """Return the translations of a language, for `gettext` and `ngettext` in Python and in Jinja's i18n extension.

    Vietnamese texts are the message ids themselves. KeyError for a language that has no catalogue.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    source = files("app.i18n").joinpath(f"locale/{language}/LC_MESSAGES/keng.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language))
    compiled.seek(0)
    return Translations(compiled, domain="keng")
