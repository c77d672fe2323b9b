"""Documents: links that lead somewhere, commands that exist, and blocks of commands that are run.

A block of `sh` is run by this, in order, in a copy of the repository with the built programs, unless
the line before it says otherwise:

    <!-- needs a cluster -->            nothing here can run it; the same with another word
    <!-- run by Tests/e2e/guide.sh -->  a test of that name runs it

`<!-- blocks need a cluster -->` and `<!-- blocks are run by PATH -->` say so for a whole document.

documents.py check ROOT        what is wrong with what is written
documents.py blocks ROOT DOCUMENT BY      prints the blocks that are run by BY
documents.py run ROOT BIN [DOCUMENT...]   runs what is to be run here
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)\s*$")
MARK = re.compile(
    r"^ *<!-- (?:(?:blocks )?needs? (?P<need>[a-zA-Z ]+)|(?:blocks are )?run by (?P<by>\S+)) -->$"
)
WHOLE = re.compile(r"^<!-- blocks (?:need|are run by) ")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
# Beginnings of what is typed: a block of these in no language is one of commands.
PROGRAMS = {"ops", "app", "make", "kubectl", "helm", "docker", "curl", "scripts", "git", "export"}
SECONDS_MAX = 300


class Block(NamedTuple):
    """A block of commands, and what the document says of it."""

    document: str
    line: int
    text: str
    language: str
    need: str | None
    by: str | None

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def commands(self) -> Iterator[str]:
        """Whole commands, each in one line, without comments."""
        joined = self.text.replace("\\\n", " ")
        for line in joined.splitlines():
            if self.language == "console":
                if not line.startswith("$ "):
                    continue
                line = line[2:]
            line = re.sub(r"(^|\s)#.*$", "", line).strip()
            if line:
                yield line


# Examples of every command, which are of environments and stores of others: each is compared with the
# command's options.
EXAMPLES = "docs/commands.md"
# Pages whose blocks of another language one test runs.
PAGES = {"console": ("docs/api/", "Tests/App/Pages")}


def documents(root: Path) -> list[str]:
    """Every document that is committed, or would be."""
    if not (root / ".git").exists():
        names = (str(path.relative_to(root)) for path in root.glob("**/*.md"))
        return sorted(name for name in names if "/Golden/" not in name)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout
    return sorted(
        name for name in {*listed.split("\0")}
        if name and (root / name).is_file() and "/Golden/" not in name
    )


def blocks(document: str, text: str) -> Iterator[Block]:
    """The blocks in any language, and in none, of a document."""
    need = by = None
    before = ""
    opened: tuple[int, str, str, re.Match[str] | None] | None = None
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if opened is not None:
            if fence is not None and not fence["language"]:
                start, indent, language, mark = opened
                body = "".join(f"{one.removeprefix(indent)}\n" for one in lines)
                yield Block(
                    document, start, body, language,
                    mark["need"] if mark else need, mark["by"] if mark else by,
                )
                opened = None
            else:
                lines.append(line)
        elif fence is not None:
            opened = (number, fence["indent"], fence["language"], MARK.match(before))
            lines = []
        elif WHOLE.match(line):
            mark = MARK.match(line.replace("blocks are run", "run"))
            if mark is not None:
                need, by = mark["need"], mark["by"]
        before = line


def anchors(text: str) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    without = re.sub(r"(?ms)^ *```.*?^ *```$", "", text)
    titles = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(without))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def check_links(root: Path, document: str, text: str) -> Iterator[str]:
    without = re.sub(r"(?ms)^ *```.*?^ *```$", "", text)
    for link in LINK.finditer(without):
        target, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (root / document).parent / target if target else root / document
        if not path.exists():
            yield f"{document} leads to {link['target']}, which is not there"
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text()):
            yield f"{document} leads to {link['target']}, which has no such heading"


def options(root: Path) -> dict[str, set[str]]:
    """The options of every command of ops, by what docs/commands.md says."""
    found: dict[str, set[str]] = {}
    text = (root / "docs/commands.md").read_text()
    general = set(re.findall(r"--[a-z-]+", text.split("\n## ", 1)[0]))
    for section in text.split("\n## ops ")[1:]:
        name, body = section.split("\n", 1)
        listed = re.findall(r"(?m)^\| `(?:-[a-z], )?(--[a-z-]+)", body)
        found[name.strip()] = {*listed, *general, "--help", "--version"}
    return found


def check_command(command: str, known: dict[str, set[str]], targets: set[str]) -> Iterator[str]:
    """Commands of ours that are not there, or have no such option."""
    for target in re.findall(r"(?:^|[;&|]\s*)make ([a-z-]+)", command):
        if target not in targets:
            yield f"make has no target {target}"
    for call in re.findall(r"(?:^|[;&|(]\s*)(?:\S*/)?ops ((?:[^|;&'\"]|'[^']*'|\"[^\"]*\")*)", command):
        words = call.split()
        names = [" ".join(words[:count]) for count in (2, 1)]
        name = next((name for name in names if name in known), None)
        if name is None:
            if words and not words[0].startswith(("-", "$", "...")):
                yield f"ops has no command {words[0]}"
            continue
        # A command with others below it is followed by one of these, or by options.
        is_group = any(other.startswith(f"{name} ") for other in known)
        if is_group and len(words) > 1 and re.fullmatch(r"[a-z][a-z-]*", words[1]):
            if name == words[0]:
                yield f"ops {name} has no command {words[1]}"
        # A name that runs on, as in `--store ...`, is not looked at.
        for option in re.findall(r"(?:^|\s)(--[a-z-]+)", re.sub(r"'[^']*'|\"[^\"]*\"", "''", call)):
            if option not in known[name]:
                yield f"ops {name} has no option {option}"


def check_runner(root: Path, block: Block) -> Iterator[str]:
    """A test that is said to run a block, and does not seem to."""
    assert block.by is not None
    path = root / block.by
    if not path.is_file():
        yield f"{block.place} is run by {block.by}, which is not there"
        return
    text = path.read_text()
    if Path(block.document).name in text or f"{Path(block.document).parent}/" in text:
        return
    for command in block.commands:
        start = " ".join(command.split()[:2])
        if start not in text:
            yield f"{block.place} is run by {block.by}, which has no '{start}'"


def check_map(root: Path) -> Iterator[str]:
    """Arrows of the map of modules that Package.swift does not have, and modules that it lacks."""
    document = "docs/architecture.md"
    package = (root / "Package.swift").read_text()
    imports: dict[str, set[str]] = {}
    for name, listed in re.findall(r'(?:library|program)\(\s*"(\w+)"(?:,\s*\[([^]]*)\])?', package):
        imports[name] = set(re.findall(r'"(\w+)"', listed))
    drawn: set[str] = set()
    diagram = next(
        block for block in blocks(document, (root / document).read_text())
        if block.language == "mermaid"
    )
    for line in diagram.text.splitlines()[1:]:
        ends = [set(re.findall(r"\w+", end)) for end in line.split("-->")]
        for upper, lower in zip(ends, ends[1:]):
            for one in sorted(upper):
                missing = sorted(lower - imports.get(one, set()))
                if missing:
                    yield f"{document} draws {one} --> {', '.join(missing)}, not in Package.swift"
        drawn.update(*ends)
    for name in sorted(imports.keys() - drawn):
        yield f"{document} does not draw {name}"


def check(root: Path) -> list[str]:
    """Everything that is wrong with the documents of a repository."""
    known = options(root)
    makefile = (root / "Makefile").read_text() if (root / "Makefile").exists() else ""
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
    found = list(check_map(root))
    for document in documents(root):
        text = (root / document).read_text()
        found += check_links(root, document, text)
        for call in re.findall(r"`((?:ops|make) [a-z][^`]*)`", text):
            found += [f"{document}: {fault}" for fault in check_command(call, known, targets)]
        for block in blocks(document, text):
            if block.language == "" and document != EXAMPLES:
                first = next(block.commands, "").split()[:1]
                if first and first[0].split("/")[0] in PROGRAMS:
                    found.append(f"{block.place} has commands, and does not say ```sh")
            if block.language not in ("sh", "console"):
                continue
            for command in block.commands:
                for fault in check_command(command, known, targets):
                    found.append(f"{block.place}: {fault}: {command}")
            if block.language in PAGES and not document.startswith(PAGES[block.language][0]):
                found.append(f"{block.place} is {block.language}, which nothing runs there")
            if block.by is not None:
                found += check_runner(root, block)
    return found


def run(root: Path, programs: Path, only: list[str]) -> int:
    """Runs what no other test runs and what needs nothing that is not here."""
    failures = 0
    ran = 0
    for document in documents(root):
        if document == EXAMPLES or only and document not in only:
            continue
        todo = [
            block for block in blocks(document, (root / document).read_text())
            if block.language == "sh" and block.need is None and block.by is None
        ]
        if not todo:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            code, output = run_document(root, programs.resolve(), Path(temporary), todo)
        ran += len(todo)
        count = sum(1 for block in todo for _ in block.commands)
        print(f"{document}: {len(todo)} blocks, {count} commands, {'ok' if code == 0 else 'FAILED'}")
        if code != 0:
            failures += 1
            print(output, file=sys.stderr)
    print(f"{ran} blocks of documents were run, {failures} documents failed")
    return 1 if failures or ran == 0 else 0


def run_document(root: Path, programs: Path, folder: Path, todo: list[Block]) -> tuple[int, str]:
    """The exit code and the output of a document's blocks, in one shell, in a copy."""
    copy = folder / "slipway"
    copy.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = root / name, copy / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    (copy / ".build").mkdir()
    (copy / ".build/release").symlink_to(programs)
    (copy / ".tools").mkdir()
    if (root / ".tools/docs-assets").exists():
        (copy / ".tools/docs-assets").symlink_to((root / ".tools/docs-assets").resolve())
    script = ["ip link set lo up", "git init --quiet . && git add .", "git commit --quiet -m copy"]
    for block in todo:
        script += [f"echo '== {block.place}'", "set -x", block.text, "{ set +x; } 2>/dev/null"]
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": str(folder),
        "TMPDIR": str(folder),
        # What would compile does nothing: the programs are built.
        "MAKEFLAGS": "RELEASE=true",
        "GIT_AUTHOR_NAME": "reader", "GIT_AUTHOR_EMAIL": "reader@localhost",
        "GIT_COMMITTER_NAME": "reader", "GIT_COMMITTER_EMAIL": "reader@localhost",
    }
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    # A network of their own: the port of the documents may be somebody's here.
    with subprocess.Popen(
        ["unshare", "--net", "bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=copy, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=SECONDS_MAX)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nnot done after {SECONDS_MAX} s"
            code = 1
    # What a document leaves running ends with it.
    if (copy / ".slipway").exists():
        subprocess.run(
            [programs / "ops", "rollout", "--env", "local", "--stop"],
            cwd=copy, env=environment, capture_output=True, check=False, timeout=60,
        )
    return code, output


def main() -> int:
    root = Path(sys.argv[2]).resolve()
    if sys.argv[1] == "run":
        return run(root, Path(sys.argv[3]), sys.argv[4:])
    if sys.argv[1] == "blocks":
        document, by = sys.argv[3:]
        for block in blocks(document, (root / document).read_text()):
            if block.by == by and block.language == "sh":
                print(block.text)
        return 0
    found = check(root)
    for line in found:
        print(f"documents: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
