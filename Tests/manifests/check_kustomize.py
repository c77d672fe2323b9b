"""The kustomize form: everything builds, the plain manifests are what is built, patches match."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import forms
from documents import Object, read_file, write
from objects import by_identity
from places import RENDERED
from platform_file import environments
from proof import Failure, counted, refuse

FOLDER = RENDERED / "kustomize"


def prove_overlays() -> str:
    """Each overlay builds, twice to the same bytes, and its plain manifests are what is built."""
    problems, count = [], 0
    for environment in environments():
        text = forms.kustomize_text(environment.overlay)
        if text != forms.kustomize_text(environment.overlay):
            problems.append(f"{environment.name}: kubectl kustomize builds something else again")
        built = by_identity(forms.kustomize(environment.overlay), f"overlays/{environment.name}")
        plain = by_identity(forms.flat(environment), f"flat/{environment.name}.yaml")
        problems += [
            f"{environment.name}: {key} is not the same in flat/ and overlays/"
            for key in sorted(built.keys() | plain.keys())
            if built.get(key) != plain.get(key)
        ]
        count += len(built)
    refuse(problems)
    return f"{counted(count, 'object')} of {counted(len(environments()), 'overlay')} are those of flat/"


def components() -> list[str]:
    """The names of what can be put over the base."""
    return sorted(path.parent.name for path in FOLDER.glob("components/*/kustomization.yaml"))


def combinations() -> Iterator[tuple[str, ...]]:
    """No component, each, each two, and all of them."""
    names = components()
    sizes = sorted({0, 1, 2, len(names)})
    return itertools.chain.from_iterable(itertools.combinations(names, size) for size in sizes)


def build_combination(chosen: tuple[str, ...]) -> list[Object]:
    """What the base gives with some components over it."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": "combined",
            "resources": ["../base"],
            "components": [f"../components/{name}" for name in chosen],
        }
        path = Path(folder) / "kustomization.yaml"
        path.write_text(write(kustomization), encoding="utf-8")
        return forms.kustomize(path.parent)


def prove_patches() -> str:
    """Every patch changes something: kustomize says nothing of one that matches no object."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "kustomize"
        shutil.copytree(FOLDER, tree)
        return counted(_try_patches(tree), "patch").replace("patchs", "patches") + " change something"


def _try_patches(tree: Path) -> int:
    overlays = sorted(path.parent for path in tree.glob("overlays/*/kustomization.yaml"))
    if not overlays:
        raise Failure(["kustomize/overlays is empty"])
    whole = {overlay: forms.kustomize_text(overlay) for overlay in overlays}
    problems, count = [], 0
    for path in sorted(tree.rglob("kustomization.yaml")):
        original = path.read_text(encoding="utf-8")
        content = read_file(path)
        # A component that no overlay has yet is tried over the base.
        affected = [overlay for overlay in overlays if _reaches(overlay, path.parent)]
        for index in range(len(content.get("patches", []))):
            count += 1
            patches = [*content["patches"]]
            del patches[index]
            path.write_text(write({**content, "patches": patches}), encoding="utf-8")
            without = {overlay: forms.kustomize_text(overlay) for overlay in affected}
            if affected and all(without[overlay] == whole[overlay] for overlay in affected):
                where = path.relative_to(tree)
                problems.append(f"{where}: patch {index + 1} changes nothing")
        path.write_text(original, encoding="utf-8")
    refuse(problems)
    return count


def _reaches(overlay: Path, folder: Path) -> bool:
    """Whether an overlay takes in a folder, directly or through another."""
    if overlay == folder:
        return True
    content = read_file(overlay / "kustomization.yaml")
    inner = [*content.get("resources", []), *content.get("components", [])]
    folders = [(overlay / entry).resolve() for entry in inner if (overlay / entry).is_dir()]
    return any(_reaches(entry, folder) for entry in folders)
