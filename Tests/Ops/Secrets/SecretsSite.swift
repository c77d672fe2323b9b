import Core
import POSIX
import Subprocess
import TestSupport

/// A project with stand-ins for kubectl and sops, which write down what they are given.
struct SecretsSite {
  let project = TemporaryDirectory()
  let records = TemporaryDirectory()
  private let programs = TemporaryDirectory()

  init(environments: String) throws {
    try write(
      "platform.yaml",
      """
      service: { name: slipway, image: ghcr.io/example/slipway }
      defaults: { target: kustomize, context: cluster, namespace: shop, auth: off }
      environments:
      \(environments)

      """)
    try program("kubectl", Self.kubectl)
    try program("sops", Self.sops)
  }

  func run(_ words: String...) throws -> CommandResult {
    let path = "\(programs.path):\(ProcessInfo.environment["PATH"] ?? "")"
    return try Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops", ["secrets", "init"] + words,
      variables: .inherited(changing: ["PATH": path, "RECORDS": records.path]),
      workingDirectory: project.path
    ).run(deadline: .after(.seconds(120)))
  }

  /// What a stand-in was started with or has kept; empty where it was not.
  func record(_ name: String) -> String { (try? File.readText(records.file(name))) ?? "" }

  func write(_ name: String, _ text: String) throws {
    try File.write(Array(text.utf8), to: project.file(name))
  }

  func program(_ name: String, _ text: String) throws {
    try File.write(Array(text.utf8), to: programs.file(name), mode: 0o755)
  }

  /// A namespace whose Secrets are files: `manifest-NAME`, and `keys-NAME` with a line for each.
  private static let kubectl = #"""
    #!/bin/sh
    printf '%s\n' "$@" '' >>"$RECORDS/kubectl.arguments"
    case $5 in
      get)
        test -e "$RECORDS/keys-$7" && echo there && cat "$RECORDS/keys-$7"
        exit 0 ;;
      create)
        cat >"$RECORDS/given"
        name=$(sed -n 's/^  name: //p' "$RECORDS/given")
        if [ -e "$RECORDS/keys-$name" ] || [ -e "$RECORDS/race" ]; then
          echo "Error from server (AlreadyExists): secrets \"$name\" already exists" >&2
          exit 1
        fi
        if [ -e "$RECORDS/broken" ]; then
          echo "Error from server: cannot take $(tr '\n' ' ' <"$RECORDS/given")" >&2
          exit 1
        fi
        sed -n '/^stringData:/,$ s/^  \([a-z]*\):.*/\1/p' "$RECORDS/given" >"$RECORDS/keys-$name"
        mv "$RECORDS/given" "$RECORDS/manifest-$name"
        echo "secret/$name" ;;
    esac

    """#

  /// Hides every value of stringData, as SOPS does where its rule says so.
  private static let sops = #"""
    #!/bin/sh
    printf '%s\n' "$@" >"$RECORDS/sops.arguments"
    pwd >"$RECORDS/sops.directory"
    for last in "$@"; do :; done
    cat "$last" >"$RECORDS/sops.given"
    if [ -e "$RECORDS/broken" ]; then
      echo "error loading config: no matching creation rules found" >&2
      exit 1
    fi
    rule='/^stringData:/,/^---/ s/^\(  [a-z]*\): .*/\1: ENC[AES256_GCM,data:xyz,type:str]/'
    if [ -e "$RECORDS/in-clear" ]; then rule=''; fi
    sed "$rule" "$RECORDS/sops.given" | awk '
      function tail() { print "sops:"; print "  mac: ENC[x]" }
      /^---/ { if (seen) tail(); print; next } { seen = 1; print } END { tail() }'

    """#
}
