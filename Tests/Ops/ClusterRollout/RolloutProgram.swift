import Core
import JSON
import POSIX
import Subprocess
import TestSupport
import Testing

@testable import Ops

/// `ops` itself in a project of its own, with a real kubectl and Helm's library, against a fake
/// cluster.
struct RolloutProgram {
  static let image = "registry.example/slipway"
  static let namespace = FakeClusterSite.namespace
  static let names = ClusterNames(service: "slipway", namespace: namespace)
  static let patience: Duration = .seconds(240)

  let site: FakeClusterSite
  private let project = TemporaryDirectory()

  /// `lines` are more of the environment `testing`.
  init(_ target: String, _ lines: [String] = [], rollout: String = "") throws {
    site = try FakeClusterSite()
    for folder in ["bin", "charts"] {
      try File.makeDirectory(project.file(folder), mode: 0o700)
    }
    var root = #filePath
    for _ in 0..<4 { root = Path.parent(of: root) }
    for (from, to) in [
      ("\(root)/Tests/e2e/helm", "bin/helm"), ("\(root)/charts/slipway", "charts/slipway"),
    ] {
      let made = try Subprocess.Command("ln", ["-s", from, project.file(to)]).run(
        deadline: .after(Self.patience))
      try #require(made.isSuccess, "\(made.errorText)")
    }
    try write(target, lines, rollout: rollout)
  }

  /// Makes the environment another one.
  func write(_ target: String, _ lines: [String] = [], rollout more: String = "") throws {
    let platform = """
      service: { name: slipway, image: \(Self.image), port: 8080 }
      environments:
        testing:
          target: \(target)
          settings: staging
          context: \(FakeCluster.context)
          namespace: \(Self.namespace)
          replicas: 2
          database: { mode: bundled, storage: 1Gi }
          drain: 5s
      \(lines.map { "    \($0)\n" }.joined())
      """
    // What clients lose is looked at elsewhere, where nothing else keeps the machine busy.
    let rollout =
      "    rollout: { probeRate: 20, consecutive: 5, minReady: 1s, soak: 1s,"
      + " latencyFactor: 1000, failedMax: 1000"
      + (more.isEmpty ? "" : ", \(more)") + " }\n"
    try File.write(Array((platform + rollout).utf8), to: project.file("platform.yaml"))
  }

  func command(
    _ arguments: [String], hasHelm: Bool = true, variables: [String: String?] = [:]
  ) -> Subprocess.Command {
    let path =
      (hasHelm ? [project.file("bin")] : []) + [Path.parent(of: Kubectl.program)]
      + [ProcessInfo.environment["PATH"] ?? ""]
    let usual: [String: String?] = [
      "KUBECONFIG": site.fake.kubeconfig, "PATH": path.joined(separator: ":"), "CI": nil,
      "GITHUB_ACTIONS": nil,
    ]
    return Subprocess.Command(
      "\(Path.parent(of: ProcessInfo.executablePath))/ops", arguments + ["--env", "testing"],
      variables: .inherited(changing: usual.merging(variables) { $1 }),
      workingDirectory: project.path)
  }

  /// Runs a command of ops to its end; its exit code and all that it wrote.
  @discardableResult
  func run(
    _ arguments: String..., hasHelm: Bool = true
  ) throws -> (code: ExitCode?, text: String) {
    try Self.told(
      command(arguments, hasHelm: hasHelm).run(deadline: .after(Self.patience)))
  }

  /// Brings an image of that tag.
  @discardableResult
  func bring(_ tag: String, _ options: String...) throws -> (code: ExitCode?, text: String) {
    try Self.told(
      command(["rollout", "--image", "\(Self.image):\(tag)"] + options).run(
        deadline: .after(Self.patience)))
  }

  /// Brings a release that dies, and lets `body` in once it is there and lives still.
  func bringFailing(
    _ tag: String, number: Int, _ body: () throws -> Void
  ) throws -> (code: ExitCode?, text: String) {
    let child = try command(["rollout", "--image", "\(Self.image):\(tag)-crash"]).spawn()
    try #require(try FakeClusterSite.eventually { try journal(number).contains("apply") })
    try site.fault("speed", ["factor": 5])
    try #require(try FakeClusterSite.eventually { try journal(number).contains("gate") })
    try body()
    try site.fault("speed", ["factor": .real(0.05)])
    return try Self.told(child.finish(.after(Self.patience)))
  }

  /// How a command of ops ended, and all that it wrote.
  static func told(_ result: CommandResult) throws -> (code: ExitCode?, text: String) {
    guard case .code(let code) = result.exit else {
      return (nil, "\(result.exit)\n\(result.outputText)\n\(result.errorText)")
    }
    return (ExitCode(rawValue: code), "\(result.outputText)\n\(result.errorText)")
  }

  /// The phases that a rollout has entered.
  func journal(_ number: Int) throws -> [String] {
    try entries(number).compactMap { $0.fields["phase"]?.text }
  }

  /// What a rollout noted in its journal.
  func notes(_ number: Int) throws -> [String] {
    try entries(number).compactMap { $0.fields["text"]?.text }
  }

  private func entries(_ number: Int) throws -> [JournalEntry] {
    let names = Self.names
    return try ClusterJournal(
      site.client, names, ClusterLease(site.client, names), number: number
    ).entries()
  }

  /// The images of the pods that serve; nil where nothing does.
  func serving() throws -> [String]? {
    try site.client.get(.deployment, Self.names.service, in: Self.namespace)
      .flatMap { DeploymentReading($0)?.template.images }
  }

  /// The objects of a kind in the namespace.
  func objects(_ kind: ResourceKind, labels: String = "") throws -> [JSONValue] {
    try site.client.list(ClusterSelection(kind, in: Self.namespace, labels: labels)).items
  }
}
