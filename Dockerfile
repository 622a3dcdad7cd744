# Kẻng in a container: the same lock files, the same editable install and the same command as on any machine.
#   docker build -t keng .
#   docker run -p 8000:8000 -v keng:/var/lib/keng -e KENG_SECRET_KEY=… -e KENG_SMTP_URL=… -e KENG_BASE_URL=… keng
FROM python:3.12-slim-trixie

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

# What keng backup and keng restore need on PostgreSQL: programs as new as the server in compose.yaml.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /srv/keng

COPY requirements.lock requirements-build.lock ./
RUN pip install --require-hashes --no-deps -r requirements.lock -r requirements-build.lock

COPY pyproject.toml README.md alembic.ini ./
COPY alembic ./alembic
COPY app ./app
RUN pip install --no-deps --no-build-isolation --editable . \
    && useradd --system --user-group --no-create-home --home-dir /var/lib/keng keng \
    && install --directory --owner=keng --group=keng /var/lib/keng

USER keng
VOLUME /var/lib/keng
ENV KENG_DATABASE_URL=sqlite+aiosqlite:////var/lib/keng/keng.db \
    KENG_LISTEN=0.0.0.0:8000
EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

ENTRYPOINT ["keng"]
CMD ["serve"]
