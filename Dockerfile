# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/leadyard
COPY requirements.lock ./
RUN /opt/leadyard/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/leadyard/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11-slim
RUN groupadd --system --gid 999 leadyard \
    && useradd --system --uid 999 --gid leadyard --home-dir /var/lib/leadyard --shell /usr/sbin/nologin leadyard \
    && install --directory --owner=leadyard --group=leadyard --mode=0700 /var/lib/leadyard
COPY --from=build /opt/leadyard /opt/leadyard
ENV PATH=/opt/leadyard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LEADYARD_DATA_DIR=/var/lib/leadyard \
    LEADYARD_HOST=0.0.0.0 \
    LEADYARD_PORT=8080 \
    LEADYARD_LOG_JSON=true
USER leadyard
VOLUME /var/lib/leadyard
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['LEADYARD_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["leadyard"]
CMD ["serve"]
