"""The kustomize form: everything builds, the plain manifests are what is built, patches match."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import forms
from documents import Object, read_file, write
from objects import by_identity
from places import HERE, RENDERED
from platform_file import choices, environments
from proof import Failure, counted, refuse

FOLDER = RENDERED / "kustomize"


def prove_overlays() -> str:
    """Each overlay builds, twice to the same bytes, and its plain manifests are what is built."""
    problems, count = [], 0
    built_of = [*environments(), *choices()]
    for environment in built_of:
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
    overlays = counted(len(built_of), "overlay")
    return f"{counted(count, 'object')} of {overlays} are those of flat/"


def components() -> list[str]:
    """The names of what can be put over the base."""
    return sorted(path.parent.name for path in FOLDER.glob("components/*/kustomization.yaml"))


def combinations() -> Iterator[tuple[str, ...]]:
    """Every set of components that components.yaml lets go together."""
    names = components()
    rules = read_file(HERE / "components.yaml")
    unknown = {
        *rules["needs"],
        *(name for group in rules["exclusive"] for name in group["choices"]),
    }
    refuse([f"components.yaml: there is no {name}" for name in unknown - set(names)])
    for size in range(len(names) + 1):
        for chosen in itertools.combinations(names, size):
            lonely = any(not set(rules["needs"].get(name, ())) <= set(chosen) for name in chosen)
            crowded = any(
                len(set(group["choices"]) & set(chosen)) > 1 for group in rules["exclusive"]
            )
            if not lonely and not crowded:
                yield chosen


def build_combination(chosen: tuple[str, ...]) -> list[Object]:
    """What the base gives with some components over it."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = Path(folder) / "kustomization.yaml"
        path.write_text(write(_combination(chosen, "..")), encoding="utf-8")
        return forms.kustomize(path.parent)


def _combination(chosen: tuple[str, ...], tree: str) -> Object:
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "combined",
        "resources": [f"{tree}/base"],
        "components": [f"{tree}/components/{name}" for name in chosen],
    }


def prove_patches() -> str:
    """Every patch changes something: kustomize says nothing of one that matches no object."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "kustomize"
        shutil.copytree(FOLDER, tree)
        _add_single_components(tree)
        return (
            counted(try_patches(tree), "patch").replace("patchs", "patches") + " change something"
        )


def _add_single_components(tree: Path) -> None:
    """An overlay for each component: what one patches another may patch again."""
    needs = read_file(HERE / "components.yaml")["needs"]
    for name in components():
        folder = tree / "overlays" / f"only-{name}"
        folder.mkdir()
        text = write(_combination((*needs.get(name, ()), name), "../.."))
        (folder / "kustomization.yaml").write_text(text, encoding="utf-8")


def try_patches(tree: Path) -> int:
    overlays = sorted(path.parent for path in tree.glob("overlays/*/kustomization.yaml"))
    if not overlays:
        raise Failure(["kustomize/overlays is empty"])
    whole = {overlay: forms.kustomize_text(overlay) for overlay in overlays}
    problems, count = [], 0
    for path in sorted(tree.rglob("kustomization.yaml")):
        original = path.read_text(encoding="utf-8")
        content = read_file(path)
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
