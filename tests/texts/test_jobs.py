"""Every job of the worker is called something that staff understand."""

from app.bootstrap import periodic_jobs
from app.texts.jobs import job_words


def test_every_job_has_words_in_both_languages() -> None:
    jobs = periodic_jobs(["eping"], 15, documents=True, relay_log=True, mailbox=True, relay=True)
    names = [job.name for job in jobs]

    for language in ("vi", "en"):
        said = [job_words(name, language) for name in names]
        assert not set(said) & set(names)
        assert len(set(said)) == len(names)
