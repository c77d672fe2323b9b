# Two images: `app`, which holds both programs and what they need to run, and `ops`, which adds the
# clients that operators call.
#
#   docker build --tag slipway .
#   docker build --target ops --tag slipway-ops .
#
# Bases are written out, tag and digest, because Dependabot renews no ARG, and with their registry,
# because buildah asks none that is not named; another one is given by its stage's name:
# --build-context debian=docker-image://registry.example.com/debian:12

FROM docker.io/library/swift:6.3.3-bookworm@sha256:7060a792f4cd9eaa0d00826d941cec00ab8d252d33b8b28bc8e105f51f2dba73 AS swift
FROM docker.io/library/debian:bookworm-20260918-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251 AS debian

# ---- the programs
FROM swift AS build
WORKDIR /src
# Headers and tools are those of every machine that builds, and so is the fetching of Swagger UI:
# both stay in their layer until these files change.
COPY scripts/setup scripts/fetch-docs-assets scripts/docs-assets.txt scripts/
RUN scripts/setup build && scripts/fetch-docs-assets /out/share/slipway/docs-assets
# The package manager wants every target's folder, those of tests as well.
COPY Package.swift LICENSE ./
COPY Sources Sources
COPY Tests Tests
ARG TARGETARCH
RUN --mount=type=cache,id=slipway-build-$TARGETARCH,target=/src/.build,sharing=locked \
  swift build -c release --static-swift-stdlib --product app && \
  swift build -c release --static-swift-stdlib --product ops && \
  install -D --target-directory=/out/bin .build/release/app .build/release/ops && \
  install -D --mode=644 --target-directory=/out/share/doc/slipway LICENSE

# ---- kubectl and helm, for `ops` alone
FROM debian AS tools
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN apt-get update && \
  apt-get install --yes --no-install-recommends ca-certificates curl && \
  rm -rf /var/lib/apt/lists/*
ARG TARGETARCH
ARG KUBECTL_VERSION=1.36.4
ARG KUBECTL_SHA256_AMD64=8b8f088da2dab964f853b38464033b1be15ede2839eca751482357c45abdd05a
ARG KUBECTL_SHA256_ARM64=0ecf44450ee6063bf19dd166a103ee6df4a9034455c2abce626e6eea657d73fb
ARG HELM_VERSION=4.2.3
ARG HELM_SHA256_AMD64=e9b88b4ee95b18c706839c28d3a0220e5bc470e9cd9262410c90793c45ff8b7c
ARG HELM_SHA256_ARM64=21abd9354d39b2cd79a8d76be6912cd137a983cbf997193503fb8a6a6e2f2785
WORKDIR /tools
RUN case "$TARGETARCH" in \
    amd64) kubectl=$KUBECTL_SHA256_AMD64 helm=$HELM_SHA256_AMD64 ;; \
    arm64) kubectl=$KUBECTL_SHA256_ARM64 helm=$HELM_SHA256_ARM64 ;; \
    *) echo "no checksums for '$TARGETARCH'" >&2; exit 1 ;; \
  esac; \
  curl --fail --silent --show-error --location --retry 3 --output kubectl \
    "https://dl.k8s.io/release/v$KUBECTL_VERSION/bin/linux/$TARGETARCH/kubectl"; \
  curl --fail --silent --show-error --location --retry 3 --output helm.tar.gz \
    "https://get.helm.sh/helm-v$HELM_VERSION-linux-$TARGETARCH.tar.gz"; \
  printf '%s  %s\n' "$kubectl" kubectl "$helm" helm.tar.gz | sha256sum --check --strict; \
  tar --extract --gzip --file helm.tar.gz --strip-components=1 "linux-$TARGETARCH/helm"; \
  install -D --target-directory=/out/bin kubectl helm

# ---- what both images share
FROM debian AS runtime
# One line for each C library that the programs name, then their data. Nobody logs in as the user:
# the name is there for those who look at processes and files.
RUN apt-get update && \
  apt-get install --yes --no-install-recommends \
    libcurl4 \
    libexpat1 \
    libjansson4 \
    libmicrohttpd12 \
    libpq5 \
    libsqlite3-0 \
    libssl3 \
    libstdc++6 \
    libyaml-0-2 \
    zlib1g \
    ca-certificates \
    tzdata && \
  rm -rf /var/lib/apt/lists/* && \
  groupadd --gid 10001 slipway && \
  useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /data \
    --shell /usr/sbin/nologin slipway && \
  install --directory --owner=10001 --group=10001 --mode=750 /data
ENV DOCS_ASSETS=/usr/local/share/slipway/docs-assets
# The only folder to write to, beside /tmp: without a DATABASE_URL the SQLite database lies here.
WORKDIR /data
ARG VERSION=2026.11.0
ARG REVISION=unknown
ARG SOURCE=https://github.com/example/slipway
LABEL org.opencontainers.image.title="slipway" \
  org.opencontainers.image.description="A small HTTP service and the tool that runs it well" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.source="$SOURCE" \
  org.opencontainers.image.documentation="$SOURCE/blob/main/README.md" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"

# ---- the tool with its clients
FROM runtime AS ops
# Backups are taken by the clients of PostgreSQL, and proven on a server of its own that a drill
# makes: none is made here. Theirs is to be the server's major. Debian has 15; another one comes from
# the PostgreSQL project, whose key Debian vouches for.
ARG POSTGRES_MAJOR=15
RUN apt-get update && \
  apt-get install --yes --no-install-recommends age postgresql-common && \
  sed --in-place 's/^#*create_main_cluster.*/create_main_cluster = false/' \
    /etc/postgresql-common/createcluster.conf && \
  if [ "$POSTGRES_MAJOR" != 15 ]; then \
    /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y; \
  fi && \
  apt-get install --yes --no-install-recommends "postgresql-$POSTGRES_MAJOR" && \
  rm -rf /var/lib/apt/lists/*
COPY --from=tools /out/ /usr/local/
COPY --from=build /out/ /usr/local/
USER 10001:10001
HEALTHCHECK NONE
ENTRYPOINT ["/usr/local/bin/ops"]
CMD ["help"]

# ---- the service; last, so that it is what a build without --target makes
FROM runtime AS app
COPY --from=build /out/ /usr/local/
USER 10001:10001
EXPOSE 8080
# The process answers; whether its database does is for /readyz and those who balance.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/usr/local/bin/ops", "gate", "http://127.0.0.1:8080/livez", \
    "--consecutive", "1", "--for", "0s", "--timeout", "3s"]
# Drains: new connections are answered and closed, those that are open are waited for.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/app"]
CMD ["serve"]
