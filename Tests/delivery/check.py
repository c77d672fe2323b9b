"""Prints what is wrong with how a repository is delivered; exits with 1 where anything is."""

import sys
from pathlib import Path

import compose
import hosts
import images
import versions
import workflows


def main() -> int:
    root = Path(sys.argv[1])
    found = [
        *workflows.check(root),
        *images.check(root),
        *compose.check(root),
        *hosts.check(root),
        *versions.check(root),
    ]
    for line in found:
        print(f"delivery: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
