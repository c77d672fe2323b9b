#!/usr/bin/env bash
# scripts/release on copies of the repository: what it refuses, and that a refusal changes nothing;
# then a release of the version that the files have, with its section, commit and tag.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

repository=$PWD
WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-release-XXXXXX")
trap 'rm -rf "$WORK"' EXIT
. Tests/faults/lib/table.bash
export GIT_AUTHOR_NAME=release GIT_AUTHOR_EMAIL=release@localhost
export GIT_COMMITTER_NAME=release GIT_COMMITTER_EMAIL=release@localhost GIT_CONFIG_GLOBAL=/dev/null

mkdir "$WORK/copy"
# What is listed and removed is left out.
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --create --null --files-from - | tar --extract --directory "$WORK/copy"
cd "$WORK/copy"
rm -rf .tools
# The tools of the checks, which nothing here changes.
ln -s "$repository/.tools" .tools
git init --quiet --initial-branch main .
git add .
git commit --quiet --message before
version=$(python3 Tests/delivery/versions.py . show)

attempt() { # VERSION
  local code=0
  scripts/release "$1" >"$WORK/said" 2>&1 || code=$?
  echo "$code"
}
says() { if grep -qF -- "$1" "$WORK/said"; then echo yes; else cat "$WORK/said"; fi; }
clean() { git status --porcelain | wc -l; }

heading case expected seen verdict
for bad in '' 1.0.0 2026.13.0 2026.08.0 2026.11 v2026.11.0 '2026.11.0 '; do
  row "VERSION='$bad'" 1 "$(attempt "$bad")"
  row 'and says' yes "$(says 'has to be YEAR.MONTH.NUMBER')"
done
row 'an older one' 1 "$(attempt 2020.1.0)"
row 'and says' yes "$(says 'is older than')"
echo >>README.md
row 'with changes that are not committed' 1 "$(attempt "$version")"
row 'and names them' yes "$(says ' M README.md')"
git checkout --quiet README.md
git tag "v$version"
row 'a version that is used' 1 "$(attempt "$version")"
row 'and says' yes "$(says "$version is used: the tag")"
git tag --delete "v$version" >/dev/null
# A place that disagrees is found after the section was written, and that is undone.
sed -i 's/^ARG VERSION=/ARG VERSION=1/' Dockerfile
git commit --quiet --all --message 'another version in one place'
row 'places that disagree' 1 "$(attempt "$version")"
row 'and names the place' yes "$(says 'Dockerfile:')"
row 'no refusal left a change' 0 "$(clean)"
row 'nor a commit' 'another version in one place' "$(git log -1 --format=%s)"
row 'nor a tag' 0 "$(git tag | wc -l)"
git reset --quiet --hard HEAD^

row 'the version of the files' 0 "$(attempt "$version")"
row 'its commit' "Release $version" "$(git log -1 --format=%s)"
row 'its tag is that commit' "$(git rev-parse HEAD)" "$(git rev-parse "v$version^{commit}")"
row 'nothing is left' 0 "$(clean)"
row 'its section' 1 "$(grep -cE "^## \[$version\] - 20[0-9]{2}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md)"
code=0
scripts/release --check "v$version" 2>/dev/null || code=$?
row 'the tag is checked' 0 "$code"
code=0
scripts/release --check v2001.1.0 2>/dev/null || code=$?
row 'another tag is refused' 1 "$code"
# Its commit is one of main, too, and keeps the tag of that build.
row 'the tags of its images' "$version ${version%.*} " "$(GITHUB_EVENT_NAME=push \
  GITHUB_REF=refs/tags/v$version GITHUB_SHA=$(git rev-parse HEAD) scripts/image-tags | tr '\n' ' ')"
row 'the same once more' 1 "$(attempt "$version")"
# The next version, in all that people write; what is rendered follows by the tool that is built.
python3 Tests/delivery/versions.py . set 2099.1.0
sed -i -E "s/^((appV|v)ersion): .*/\1: 2099.1.0/" charts/slipway/Chart.yaml
sed -i "s/^## \[$version\]/## [2099.1.0]/" CHANGELOG.md
row 'another version, set everywhere' 0 \
  "$(code=0; scripts/check-delivery . repository >"$WORK/said" 2>&1 || code=$?; echo "$code")"
conclude 35
