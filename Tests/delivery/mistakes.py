"""Makes one mistake at a time in a copy of the repository, and wants scripts/check-delivery to
name it: a check that lets a mistake pass checks nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
VERSION = "Sources/Libraries/Core/Version.swift"
CI = ".github/workflows/ci.yml"
IMAGE = ".github/workflows/image.yml"
DEPLOY = ".github/workflows/deploy.yml"
RELEASE = ".github/workflows/release.yml"
HOSTS = "docs/hosts.md"
DEFAULTS = "ansible/roles/service/defaults/main.yml"


class Mistake(NamedTuple):
    """A text that is replaced wherever it stands, and what the check has to say of that."""

    file: str
    right: str
    wrong: str
    said: str


# By the check that has to find them.
MISTAKES = {
    "hadolint": (
        Mistake("Dockerfile", "FROM debian AS runtime", "FROM debian:latest AS runtime", "DL3007"),
        Mistake("Dockerfile", "--no-install-recommends", "", "DL3015"),
        Mistake("Dockerfile", "USER 10001:10001", "USER root", "DL3002"),
        Mistake("Dockerfile", 'CMD ["serve"]', "CMD serve", "DL3025"),
    ),
    "yamllint": (
        Mistake("ansible/site.yml", "become: true", "become: yes", "truthy value should be"),
    ),
    "ansible-lint": (
        Mistake(
            "ansible/roles/service/tasks/prune.yml", "ansible.builtin.find", "find", "fqcn"
        ),
        Mistake("ansible/roles/service/tasks/install.yml", '    mode: "0750"\n', "", "risky-file"),
    ),
    "repository": (
        Mistake(
            "Dockerfile", "FROM debian AS runtime", "FROM debian:12 AS runtime", "is not NAME:TAG"
        ),
        Mistake("Dockerfile", "docker.io/library/swift:", "swift:", "names no registry"),
        Mistake("Dockerfile", "docker.io/library/debian:", "library/debian:", "names no registry"),
        Mistake("Dockerfile", "ARG VERSION=2", "ARG VERSION=3", "Dockerfile:"),
        Mistake("Dockerfile", "ARG VERSION=", "ARG VERSIONS=", "no version where"),
        Mistake("charts/slipway/Chart.yaml", "\nversion: 2", "\nversion: 3", "Chart.yaml:5 has"),
        Mistake("charts/slipway/Chart.yaml", "\nappVersion: 2", "\nappVersion: 3", "Chart.yaml:6"),
        Mistake(".env.template", "REVISION=v2", "REVISION=v3", "but Sources/Libraries/Core"),
        Mistake(".env.template", "slipway/2", "slipway/3", "but Sources/Libraries/Core"),
        Mistake("docs/rollouts.md", "slipway:20", "slipway:19", "docs/rollouts.md:"),
        Mistake(VERSION, 'current = "', 'current = "0', "is not YEAR.MONTH.NUMBER"),
        Mistake("CHANGELOG.md", "## [Unreleased]", "## [Soon]", "not one section [Unreleased]"),
        Mistake(
            "CHANGELOG.md",
            "## [Unreleased]\n",
            "## [Unreleased]\n\n## [2001.1.0] - 2001-01-01\n",
            "the newest section is 2001.1.0",
        ),
        Mistake("Dockerfile", "ARG POSTGRES_MAJOR=", "ARG POSTGRES_MAJOR=1", "but ops counts on"),
        Mistake(".dockerignore", "\n*\n", "\n.git\n", "has to begin with *"),
        Mistake("compose.yaml", "read_only: true", "read_only: false", "has a root to write to"),
        Mistake("compose.yaml", "cap_drop: [ALL]", "cap_drop: [NET_RAW]", "keeps capabilities"),
        Mistake("compose.yaml", "no-new-privileges:true", "label:disable", "may get privileges"),
        Mistake("compose.yaml", "memory: 512M, ", "", "has no limits"),
        Mistake("compose.yaml", 'MAJOR: "17"', 'MAJOR: "16"', "has PostgreSQL 16"),
        Mistake("compose.yaml", "max-size: 10m, ", "", "has logs without end"),
        Mistake("compose.yaml", "quay.io/minio/minio:", "quay.io/minio/minio#", "nor pinned"),
        Mistake("compose.yaml", "service_healthy", "service_started", "whether that is ready"),
        Mistake("compose.yaml", ".slipway/compose/jwt", "secrets/jwt", "not a file under .slipway"),
        Mistake("compose.yaml", "DATABASE_URL_FILE: /run", "DATABASE_URL: /run", "as a value"),
        Mistake("compose.yaml", "image: postgres:", "image: postgres:0.", "but compose.yaml has"),
        Mistake(CI, '"$GITHUB_WORKSPACE"', "$GITHUB_WORKSPACE", "SC2086"),
        Mistake(CI, "actions/checkout@", "actions/other@", "which is not in actions.lock"),
        Mistake(CI, "image: swift:", "image: swift:0.", "has swift:"),
        Mistake(CI, "shell: bash", "shell: sh", "not bash"),
        Mistake(DEPLOY, "timeout-minutes: 90", "continue-on-error: false", "no timeout-minutes"),
        Mistake(DEPLOY, "retention-days: 90", "overwrite: true", "no retention-days"),
        Mistake(DEPLOY, "[development, staging,", "[development,", "does not offer staging"),
        Mistake("platform.yaml", "\n  staging:", "\n  stage:", "offers staging, which is no"),
        Mistake(DEPLOY, "\nconcurrency:", "\nenv:", "no concurrency"),
        Mistake(DEPLOY, "sigstore/cosign-installer@", "sigstore/cosign@", "is not in actions.lock"),
        Mistake(IMAGE, "github.event.pull_request.head.repo.full_name ==", "'' !=", "lets a fork's"),
        Mistake(IMAGE, '"$repository@$digest"', "$repository@$digest", "SC2086"),
        Mistake(RELEASE, "$/.github/workflows/image.yml", "./image.yml", "not NAME@COMMIT"),
        Mistake(RELEASE, "$/.github/workflows/image", "$/.github/workflows/other", "not there"),
        Mistake(RELEASE, "needs: approve", "needs: version", "before any environment"),
        Mistake(RELEASE, "    environment: release\n", "", "no environment asks anybody"),
        Mistake(HOSTS, "         postgres_standbys: [db3]\n", "", "which no primary has"),
        Mistake(HOSTS, "standby_networks: [", "clients: [", "no postgres_standby_networks"),
        Mistake(HOSTS, "postgres_standbys: [db3]", "postgres_slot: db2", "is a primary, and has"),
        Mistake(HOSTS, "postgres_primary: 192", "postgres_clients: 192", "postgres_primary is not"),
        Mistake(
            "ansible/inventories/production/hosts.yml", "[db2]", "[db3]", "which no primary has"
        ),
        Mistake(".github/actions.lock", "actions/upload", "actions/old", "which no workflow uses"),
    ),
    "compose-schema": (
        Mistake("compose.yaml", "pids: 128", "pid: 128", "compose.yaml"),
    ),
    "workflow-schema": (
        Mistake(CI, "contents: read", "contents: raed", "raed"),
        Mistake(DEPLOY, "cancel-in-progress: false", "cancels: false", "deploy.yml"),
    ),
    "issue-forms-schema": (
        Mistake(".github/ISSUE_TEMPLATE/wish.yml", "type: textarea", "type: text", "wish.yml"),
    ),
    "issue-config-schema": (
        Mistake(".github/ISSUE_TEMPLATE/config.yml", "false", "never", "never"),
    ),
    "zizmor": (
        Mistake(CI, "permissions: {}", "permissions: write-all", "excessive-permissions"),
        Mistake(CI, "persist-credentials: false", "fetch-depth: 1", "artipacked"),
        Mistake(CI, "$GITHUB_SHA", "${{ github.head_ref }}", "template-injection"),
        Mistake(DEPLOY, "$VERSION =~", "${{ inputs.version }} =~", "template-injection"),
        Mistake(IMAGE, "  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
        Mistake(RELEASE, "$/.github", "./.github", "self-repository"),
        Mistake(CI, "actions/checkout@", "actions/checkout@v7 # ", "unpinned-uses"),
        Mistake(
            ".github/dependabot.yml", "default-days: 7", "default-days: 0", "dependabot-cooldown"
        ),
    ),
    "host-variables": (
        Mistake(DEFAULTS, "# Releases that stay on the disk", "# Releases kept", "not up to date"),
        Mistake(DEFAULTS, "releases_kept: 5", "releases_kept: 6", "not up to date"),
        Mistake(DEFAULTS, "# Whom the service runs as.\n", "\n", "what service_user is for"),
        Mistake("docs/host-variables.md", "| `service_user`", "| `service_name`", "not up to date"),
    ),
    "documents": (
        Mistake("docs/rollouts.md", "causes.md", "reasons.md", "which is not there"),
        Mistake("docs/rollouts.md", "#what-comes-first", "#what-comes", "has no such heading"),
        Mistake("docs/rollouts.md", "ops doctor --env", "ops doktor --env", "no command doktor"),
        Mistake("docs/peers.md", "Put squawk", "`ops migrate lint`", "migrate has no command lint"),
        Mistake("docs/backups.md", "backup doctor --", "backup physician --", "no command physician"),
        Mistake("docs/rollouts.md", "--budget 0.1%", "--budgets 0.1%", "has no option --budgets"),
        Mistake("docs/backups.md", "```sh\nops backup doctor", "```\nops backup doctor", "does not say"),
        Mistake("README.md", "`make down`", "`make away`", "make has no target away"),
        Mistake("README.md", "run by .ci/run", "run by .ci/walk", "which is not there"),
        Mistake("README.md", "```sh\nmake test", "```sh\nmake bench", "which has no 'make bench'"),
    ),
    "dependabot-schema": (
        Mistake(".github/dependabot.yml", "weekly", "sometimes", "sometimes"),
    ),
}


# What shellcheck said of a script, which most copies have unchanged.
CACHE = tempfile.TemporaryDirectory()


def check(folder: Path, *names: str) -> tuple[bool, str]:
    """Whether the copy is well, and what was said of it."""
    result = subprocess.run(
        [ROOT / "scripts/check-delivery", folder, *names],
        env={**os.environ, "SHELLCHECK_CACHE": CACHE.name},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode == 0, result.stdout + result.stderr


def files() -> list[str]:
    """Every file that is committed, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")
    return [name for name in listed if name and (ROOT / name).is_file() and is_looked_at(name)]


def is_looked_at(name: str) -> bool:
    """Whether a check reads it or a document leads to it; most of the sources nobody does."""
    if name.startswith("Sources/"):
        return name.endswith(("Command.swift", "Version.swift", "BackupPolicy.swift"))
    return not name.startswith("Tests/") or not name.endswith((".swift", ".json")) or "Page" in name


def copy(folder: Path, names: list[str]) -> None:
    """The whole repository, whose files are links: who changes one makes it anew."""
    for name in names:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copy(source, target)


def attempt(names: list[str], name: str, mistake: Mistake) -> str | None:
    """Why the mistake was not found; None where it was."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy(folder, names)
        file = folder / mistake.file
        text = file.read_text()
        place = f"{mistake.file}: {mistake.wrong!r} in place of {mistake.right!r}"
        if mistake.right not in text:
            return f"{place}: the text is not there"
        file.unlink()
        file.write_text(text.replace(mistake.right, mistake.wrong))
        is_well, said = check(folder, name)
        if is_well:
            return f"{place}: was let pass"
        if mistake.said not in said:
            return f"{place}: {mistake.said!r} is not in what was said:\n{said}"
    return None


def main() -> int:
    """Prints what was judged wrong."""
    names = files()
    with tempfile.TemporaryDirectory() as temporary:
        copy(Path(temporary), names)
        is_well, said = check(Path(temporary))
    verdicts = [None if is_well else f"a copy without a mistake is refused:\n{said}"]
    attempts = [(names, name, mistake) for name, group in MISTAKES.items() for mistake in group]
    with ThreadPoolExecutor() as pool:
        verdicts += pool.map(lambda arguments: attempt(*arguments), attempts)
    failures = [verdict for verdict in verdicts if verdict is not None]
    for failure in failures:
        print(f"mistakes: {failure}", file=sys.stderr)
    print(f"{len(verdicts) - len(failures)} of {len(verdicts)} copies judged right")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
