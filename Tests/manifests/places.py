"""Where things are: the repository's files, the programs, and what one run has rendered."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "Tests" / "manifests"
PLATFORM = ROOT / "platform.yaml"
# Another one, with an environment for each choice.
CHOICES = HERE / "choices.yaml"
CHART = ROOT / "charts" / "slipway"

OPS = Path(os.environ.get("BIN", ROOT / ".build" / "release")) / "ops"
KUBECTL = ROOT / ".tools" / "programs" / "kubectl"
PROMTOOL = ROOT / ".tools" / "programs" / "promtool"
CHECKOV = ROOT / ".tools" / "checkov" / "bin" / "checkov"

# The folder of this run; the step `render` fills it, all others read it.
WORK = Path(os.environ.get("WORK", ROOT / ".build" / "manifests"))
RENDERED = WORK / "rendered"
CHOSEN = WORK / "choices"

# What tells the image of a release, which production refuses to render without.
DIGEST = f"sha256:{'0123456789abcdef' * 4}"

# The oldest that the manifests are for, the one that kubectl knows, the newest.
KUBERNETES = ("1.30", "1.32", "1.37")
