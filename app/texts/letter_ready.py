"""A letter with its Word files and the words of its mail, made from one notice: what is approved, and then sent."""

from app.domain.articles import Letter, Subject
from app.domain.letters import LetterBody, ReadyLetter
from app.texts.article.naming import Desk, symbols_of
from app.texts.letter_docx import comment_form_docx, letter_docx


def ready_letter(made: Letter, subject: Subject, desk: Desk, organisation: str, version: int) -> ReadyLetter:
    """Return the letter to the organisation with that key as it may be sent; without a form where nobody is asked.

    `made` is the letter as it reads, `subject` and `desk` what it was made from. AppError (invalid) as `ReadyLetter`.
    """
    internal = subject.internal(desk.today, desk.calendar)
    deadline = subject.deadline
    return ReadyLetter(
        ref=made.ref,
        organisation=organisation,
        version=version,
        body=LetterBody(
            addressee=made.addressee,
            subject=made.subject.text,
            symbols=symbols_of(subject),
            points=tuple(one.text for one in made.points),
            request=tuple(one.text for one in made.request),
            comment_deadline=None if deadline is None else deadline.day,
            answer_by=None if internal is None else internal.day,
            urgent=made.urgent,
            written_on=made.written_on,
            unit=desk.unit,
        ),
        letter=letter_docx(made, desk.unit),
        form=comment_form_docx(made) if made.form else None,
    )
