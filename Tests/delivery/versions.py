"""The version: written in one file, repeated in those that cannot read it, and the same in all.

versions.py ROOT show           prints it
versions.py ROOT set VERSION    writes it wherever a person has written it
versions.py ROOT notes VERSION  prints what CHANGELOG.md says of it
versions.py ROOT close VERSION DATE   makes what is unreleased its section of CHANGELOG.md
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FORM = re.compile(r"20\d\d\.([1-9]|1[0-2])\.(0|[1-9]\d*)")
NUMBER = r"(?P<version>\d+\.\d+\.\d+)"
SOURCE = "Sources/Libraries/Core/Version.swift"
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n"


class Place(NamedTuple):
    """Files, and what stands around the version in them."""

    files: str
    pattern: str
    # Whether a file without it is wrong.
    is_needed: bool = True
    # What `ops render --all` writes from the source is checked here and set there.
    is_rendered: bool = False


IMAGE = rf"ghcr\.io/example/slipway(?:-ops)?:{NUMBER}(?![\w.-])"
PLACES = (
    Place(SOURCE, rf'static let current = "{NUMBER}"'),
    Place("Dockerfile", rf"(?m)^ARG VERSION={NUMBER}$"),
    Place(".env.template", rf"(?m)^#REVISION=v{NUMBER}$"),
    Place(".env.template", rf"slipway/{NUMBER} "),
    Place("charts/slipway/Chart.yaml", rf"(?m)^version: {NUMBER}$", is_rendered=True),
    Place("charts/slipway/Chart.yaml", rf"(?m)^appVersion: {NUMBER}$", is_rendered=True),
    # Examples, which people copy.
    Place("README.md", IMAGE, is_needed=False),
    Place("docs/**/*.md", IMAGE, is_needed=False),
    Place("Sources/Ops/**/*Command.swift", IMAGE, is_needed=False),
)


def paths(root: Path, place: Place) -> list[Path]:
    return sorted(path for path in root.glob(place.files) if path.is_file())


def current(root: Path) -> str:
    found = re.search(PLACES[0].pattern, (root / SOURCE).read_text())
    if found is None:
        raise SystemExit(f"{SOURCE}: no version")
    return found["version"]


def check(root: Path) -> Iterator[str]:
    """Places with another version than the source, or with none."""
    version = current(root)
    if FORM.fullmatch(version) is None:
        yield f"{SOURCE}: {version} is not YEAR.MONTH.NUMBER"
    for place in PLACES:
        files = paths(root, place)
        if place.is_needed and not files:
            yield f"{place.files} is missing"
        for path in files:
            name = path.relative_to(root)
            text = path.read_text()
            found = list(re.finditer(place.pattern, text))
            if place.is_needed and not found:
                yield f"{name}: no version where {place.pattern} is looked for"
            for match in found:
                if match["version"] != version:
                    line = text.count("\n", 0, match.start("version")) + 1
                    yield f"{name}:{line} has version {match['version']}, but {SOURCE} {version}"
    yield from check_changelog((root / CHANGELOG).read_text(), version)


def check_changelog(text: str, version: str) -> Iterator[str]:
    """Sections out of order, and a newest one that is not the source's."""
    if text.count(UNRELEASED) != 1:
        yield f"{CHANGELOG}: not one section [Unreleased]"
    sections = re.findall(r"(?m)^## \[(\d[^]]*)\] - \d{4}-\d{2}-\d{2}$", text)
    if sections and sections[0] != version:
        yield f"{CHANGELOG}: the newest section is {sections[0]}, but {SOURCE} has {version}"
    numbers = [tuple(map(int, section.split("."))) for section in sections]
    if numbers != sorted(set(numbers), reverse=True):
        yield f"{CHANGELOG}: sections are not from the newest to the oldest: {', '.join(sections)}"


def write(root: Path, version: str) -> None:
    """Puts the version wherever a person has written it."""

    def put(match: re.Match[str]) -> str:
        start, end = (place - match.start() for place in match.span("version"))
        return match[0][:start] + version + match[0][end:]

    for place in PLACES:
        if not place.is_rendered:
            for path in paths(root, place):
                text = path.read_text()
                changed = re.sub(place.pattern, put, text)
                if changed != text:
                    path.write_text(changed)


def notes(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of its rank."""
    found = re.search(rf"(?ms)^## \[{re.escape(heading)}\][^\n]*\n(.*?)(?=^## \[|\Z)", text)
    return found[1].strip() if found else ""


def close(root: Path, version: str, date: str) -> None:
    path = root / CHANGELOG
    text = path.read_text()
    if not notes(text, "Unreleased"):
        raise SystemExit(f"{CHANGELOG}: nothing stands under [Unreleased]")
    path.write_text(text.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {date}\n", 1))


def main() -> None:
    root, verb, arguments = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if verb == "show":
        print(current(root))
    elif verb == "set":
        write(root, *arguments)
    elif verb == "close":
        close(root, *arguments)
    elif verb == "notes":
        text = notes((root / CHANGELOG).read_text(), *arguments)
        if not text:
            raise SystemExit(f"{CHANGELOG} has no section [{arguments[0]}]")
        print(text)
    else:
        raise SystemExit(f"{verb}: show, set, notes or close")


if __name__ == "__main__":
    main()
