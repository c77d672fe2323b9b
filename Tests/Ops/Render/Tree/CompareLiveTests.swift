import Core
import POSIX
import Subprocess
import TestSupport
import Testing
import YAML

@testable import Ops

/// What kubectl is asked, by a stand-in that writes it down.
@Suite struct CompareLiveTests {
  private let programs = TemporaryDirectory()

  /// Runs the tool beside a kubectl that does as the script says.
  private func live(
    _ script: String, _ words: String..., in site: RenderSite
  ) throws -> CommandResult {
    let kubectl = programs.file("kubectl")
    let text = """
      #!/bin/sh
      printf '%s\\n' "$@" > "$RECORDS/$2.arguments"
      cat > "$RECORDS/$2.objects"
      printf '%s' "${KUBECTL_EXTERNAL_DIFF-none}" > "$RECORDS/$2.program"
      \(script)

      """
    try File.write(Array(text.utf8), to: kubectl, mode: 0o755)
    let path = "\(programs.path):\(ProcessInfo.environment["PATH"] ?? "")"
    return try Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops",
      ["render", "--file", site.platform, "--live"] + words,
      variables: .inherited(changing: ["PATH": path, "RECORDS": programs.path])
    ).run(deadline: .after(.seconds(120)))
  }

  private func objects(_ context: String) throws -> [Manifest] {
    try YAMLReader.readStream(File.read(programs.file("\(context).objects"))).map(Manifest.init)
  }

  @Test func eachClusterIsAskedInItsContextAndNamespace() throws {
    let result = try live("", in: try RenderSite())
    #expect(result.exit == .code(0), "\(result.errorText)")
    #expect(
      try File.readText(programs.file("staging.arguments")) == """
        --context
        staging
        --namespace
        shop-staging
        diff
        --server-side
        --force-conflicts
        --field-manager
        kubectl
        --filename
        -

        """)
    #expect(try File.readText(programs.file("production.arguments")).contains("manager\nhelm\n"))
    #expect(result.outputText.contains("staging: nothing would change\n"))
    #expect(result.outputText.contains("production: nothing would change\n"))
  }

  @Test func aClusterGetsTheObjectsOfItsOverlay() throws {
    let site = try RenderSite()
    site.render()
    _ = try live("", "--env", "staging", in: site)
    let flat = try YAMLReader.readStream(File.read(site.path("kustomize/flat/staging.yaml")))
    #expect(try objects("staging").map(\.node) == flat)
  }

  @Test func helmsObjectsHaveItsLabelsAndNoHooks() throws {
    _ = try live("", "--env", "production", in: try RenderSite())
    let objects = try objects("production")
    #expect(objects.contains { $0.kind == "Deployment" })
    #expect(!objects.contains { $0.kind == "Job" || $0.kind == "Namespace" })
    for object in objects {
      let labels = object.node.value(at: ["metadata", "labels"])
      #expect(labels?["app.kubernetes.io/managed-by"]?.scalar?.text == "Helm")
      let annotations = object.node.value(at: ["metadata", "annotations"])
      #expect(annotations?["meta.helm.sh/release-name"]?.scalar?.text == "slipway")
      #expect(annotations?["meta.helm.sh/release-namespace"]?.scalar?.text == "shop")
    }
  }

  @Test func whereThereIsNoNamespaceEverythingWouldBeNew() throws {
    let result = try live(
      "echo 'Error from server (NotFound): namespaces \"shop\" not found' >&2; exit 1",
      "--env", "production", in: try RenderSite())
    #expect(result.exit == .code(1))
    #expect(result.outputText.contains("there is no namespace shop: all "))
    #expect(result.outputText.contains("production: would change, as shown\n"))
  }

  @Test func differencesAreShownAndTold() throws {
    let result = try live("echo '+  replicas: 3'; exit 1", "--env", "staging", in: try RenderSite())
    #expect(result.exit == .code(1))
    #expect(result.outputText == "+  replicas: 3\nstaging: would change, as shown\n")
  }

  @Test func aClusterThatCannotBeAskedIsNoDifference() throws {
    let result = try live(
      "test \"$2\" = production && exit 0; echo 'error: no such context' >&2; exit 1",
      in: try RenderSite())
    #expect(result.exit == .code(ExitCode.unreachable.rawValue))
    #expect(result.errorText.contains("error: staging: error: no such context"))
    #expect(result.outputText.contains("production: nothing would change\n"))
  }

  @Test func machinesGetEveryDifference() throws {
    let result = try live("echo x; exit 1", "--json", in: try RenderSite())
    #expect(result.exit == .code(1))
    #expect(result.outputText.contains("\"environment\": \"staging\""))
    #expect(result.outputText.contains("\"difference\": \"x\\n\""))
  }

  @Test func coloursAreTheBusinessOfTheProgramForDifferences() throws {
    _ = try live("", "--env", "staging", in: try RenderSite())
    #expect(try File.readText(programs.file("staging.program")) == "none")
    _ = try live("", "--env", "staging", "--color", "always", in: try RenderSite())
    #expect(
      try File.readText(programs.file("staging.program")) == "diff --color=always -u -N")
  }

  @Test func withoutKubectlItSaysSo() throws {
    let site = try RenderSite()
    let result = try Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops",
      ["render", "--file", site.platform, "--live"],
      variables: .inherited(changing: ["PATH": programs.path])
    ).run(deadline: .after(.seconds(120)))
    #expect(result.exit == .code(ExitCode.unreachable.rawValue))
    #expect(result.errorText.contains("kubectl"))
  }
}
