"""The JSON Schema of platform.yaml: it takes the file, and refuses mistakes at their place."""

import json

import jsonschema

from documents import read_file
from objects import places, pointer, removed, replaced
from places import OPS, PLATFORM
from proof import counted, refuse, run

# Mappings whose keys users choose, wherever they are.
FREE = {
    (key,) for key in ("environments", "labels", "annotations", "env", "secrets", "nodeSelector")
}
SAMPLES = ("a text", 7, 1.5, True, ["a text"], {"key": "a text"})


def prove_schema() -> str:
    schema = json.loads(run([OPS, "render", "--schema"]))
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    platform = read_file(PLATFORM)
    refuse(
        [
            f"platform.yaml: {error.json_path}: {error.message}"
            for error in validator.iter_errors(platform)
        ]
    )
    misspelt = retyped = 0
    problems = []
    for path, value in places(platform):
        key = path[-1]
        if isinstance(key, str) and path[-2:-1] not in FREE:
            wrong = replaced(removed(platform, path), (*path[:-1], f"{key}x"), value)
            misspelt += 1
            if validator.is_valid(wrong):
                problems.append(f"{pointer(path)} misspelt is taken")
        refused = sum(not validator.is_valid(replaced(platform, path, other)) for other in SAMPLES)
        retyped += refused
        # A text of any kind may be right where a text is; an object and a list are not.
        if refused < 3:
            problems.append(
                f"{pointer(path)}: only {refused} of {len(SAMPLES)} wrong values refused"
            )
    refuse(problems)
    return f"platform.yaml fits; {counted(misspelt, 'misspelt key')}, {retyped} wrong types refused"
