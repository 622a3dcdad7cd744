"""The readable examples of docs/examples; `python3 -m tests.texts.examples` with KENG_TEST_DATA set writes them anew."""

import os
from dataclasses import replace
from pathlib import Path

from app.domain.articles import Article, Subject
from app.texts.article.compose import article_of
from app.texts.article.plain import plain
from app.texts.letter import letter_of
from tests.house import ROOT
from tests.texts.real_notices import a_desk, day_of, real_subject

FOLDER = ROOT / "docs" / "examples"
ARTICLES = {
    "draft.txt": "G/TBT/N/TZA/1344",
    "emergency-spanish.txt": "G/SPS/N/COL/420",
    "joint.txt": "G/TBT/N/BDI/608",
    "deadline-moved.txt": "G/SPS/N/ARE/295/Add.1",
}
LETTER = "G/TBT/N/TZA/1344"


def examples(folder: Path) -> dict[str, str]:
    """Return the texts by file name: made from facts of real notices, without their descriptions."""
    made = {name: plain(_article_of_facts(real_subject(folder, symbol))) for name, symbol in ARTICLES.items()}
    letter = letter_of(_facts_of(real_subject(folder, LETTER)), a_desk(), "Hiệp hội Dệt may Việt Nam")
    made["letter.txt"] = "\n\n".join(one.text for _, one in letter.sentences()) + "\n"
    return made


def _article_of_facts(subject: Subject) -> Article:
    return article_of(_facts_of(subject), a_desk(day_of(subject)))


def _facts_of(subject: Subject) -> Subject:
    return replace(subject, content=replace(subject.content, description=""))


if __name__ == "__main__":
    for name, text in examples(Path(os.environ["KENG_TEST_DATA"])).items():
        (FOLDER / name).write_text(text, "utf-8")
