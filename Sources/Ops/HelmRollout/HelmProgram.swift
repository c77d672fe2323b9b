import Core
import JSON
import POSIX
import Subprocess

/// What a rollout lets Helm do to a release.
enum HelmChange: Sendable, Equatable {
  case upgrade(chart: String, values: String, description: String)
  case rollback(to: Int)
  case uninstall

  /// Whether it takes a release away, which nothing is to keep from being done.
  var isWayBack: Bool {
    if case .upgrade = self { return false }
    return true
  }
}

/// The `helm` of this machine, for one release in one cluster.
///
/// It is told context and namespace each time: a rollout never goes to where Helm would go by
/// itself. Every call is bounded, and ends with the thread that made it.
struct HelmProgram: Sendable {
  /// Helm 4 applies server-side and says who else wrote a field; releases before it can not.
  static let versionMin = 4
  /// How many revisions Helm is to remember: a rollout that fails makes two.
  static let revisionsMax = 30
  /// How long one question may take.
  private static let questionTimeout: Duration = .seconds(60)
  /// How long one change may take; Helm waits for nothing but the API in it.
  private static let changeTimeout: Duration = .seconds(120)
  /// How long Helm may take to end when it is told to, before it is killed.
  private static let endTimeout: Duration = .seconds(2)

  let program: String
  let context: String
  let namespace: String
  /// The name of the release.
  let release: String

  init(program: String = "helm", context: String, namespace: String, release: String) {
    (self.program, self.context) = (program, context)
    (self.namespace, self.release) = (namespace, release)
  }

  /// The one for an environment; nothing is asked of it yet: who only looks may have none.
  init(_ environment: Environment, release: String) {
    self.init(
      context: environment.context ?? "", namespace: environment.namespace ?? "", release: release)
  }

  /// What Helm says of itself, as in `v4.2.3`; throws where there is none that could change
  /// anything, or one that is too old.
  func checkVersion() throws -> String {
    let version = try askVersion()
    let major = version.drop { !$0.isNumber }.prefix { $0.isNumber }
    guard let major = Int(major), major >= Self.versionMin else {
      throw RolloutRefusal(
        "helm on the PATH is \(version); rollouts need Helm \(Self.versionMin), which applies"
          + " server-side: https://helm.sh/docs/intro/install/")
    }
    return version
  }

  /// What Helm says of itself.
  func askVersion() throws(HelmFailure) -> String {
    let text = try ask(["version", "--short"]).outputText
    return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
  }

  /// What Helm remembers of the release, nothing where it knows none of that name.
  func history() throws(HelmFailure) -> HelmHistory {
    do throws(HelmFailure) {
      let result = try ask(
        ["history", release] + place
          + ["--max", String(Self.revisionsMax), "--output", "json"])
      guard let json = try? JSONReader.read(result.outputText), let history = HelmHistory(json)
      else { throw HelmFailure("history: an answer that makes no sense") }
      return history
    } catch  where error.isNotFound {
      return HelmHistory([])
    }
  }

  /// The objects of a revision but its hooks, as a stream of YAML.
  func manifest(of revision: Int) throws(HelmFailure) -> [UInt8] {
    try ask(["get", "manifest", release] + place + ["--revision", String(revision)]).output
  }

  /// The objects of a release that is not there yet, its hooks among them, as a stream of YAML.
  func template(chart: String, values: String) throws(HelmFailure) -> [UInt8] {
    try ask(["template", release, chart] + place + ["--values", values, "--dry-run=server"]).output
  }

  /// Makes a change while the lock is held, which `permit` looks at; ends Helm where the run is to
  /// stop meanwhile.
  ///
  /// Helm is started before the moment that `permit` gives, or not at all: whoever slept after that
  /// look asks again.
  func carryOut(
    _ change: HelmChange, _ run: any RolloutContext, permit: () throws -> Deadline?
  ) throws {
    try run.changePatiently {
      while let end = try permit(), end.hasPassed { continue }
      let child: ChildProcess
      do throws(SubprocessError) {
        child = try ChildProcess(command(arguments(of: change)))
      } catch {
        throw HelmFailure(error)
      }
      let result = try run.cancelling(with: { Self.end(child) }) {
        try child.finish(.after(Self.changeTimeout), terminationGrace: Self.endTimeout)
      }
      try run.check()
      try Self.check(result, of: change.verb)
    }
  }

  /// Helm writes down that it was told to end; one that does not is killed.
  private static func end(_ child: ChildProcess) {
    child.send(.terminate)
    try? WorkThread.detach("end of helm") {
      WorkThread.sleep(endTimeout)
      child.send(.kill)
    }
  }
}

extension HelmProgram {
  private var place: [String] { ["--kube-context", context, "--namespace", namespace] }

  /// The words of a change.
  ///
  /// No hooks: the rollout migrates by itself, before. No `--wait`: a witness looks, and names what
  /// fails. What others wrote is taken back, as the preflight tells.
  /// https://helm.sh/docs/helm/helm_upgrade/
  func arguments(of change: HelmChange) -> [String] {
    let applying = [
      "--server-side=true", "--force-conflicts", "--history-max", String(Self.revisionsMax),
    ]
    let bounds = ["--no-hooks", "--timeout", "\(Self.questionTimeout.wholeSeconds)s"]
    switch change {
    case .upgrade(let chart, let values, let description):
      return ["upgrade", "--install", release, chart] + place + ["--values", values] + bounds
        + applying + ["--description", description]
    case .rollback(let revision):
      return ["rollback", release, String(revision)] + place + bounds + applying
    case .uninstall:
      return ["uninstall", release] + place + bounds + ["--ignore-not-found"]
    }
  }

  /// Helm, without the variables that would lead it to another cluster.
  private func command(_ arguments: [String]) -> Subprocess.Command {
    let leading = ProcessInfo.environment.keys.filter { $0.hasPrefix("HELM_KUBE") }
    let changes = Dictionary(uniqueKeysWithValues: leading.map { ($0, String?.none) })
    return Subprocess.Command(
      program, arguments, variables: .inherited(changing: changes), endsWithThread: true)
  }

  private func ask(_ arguments: [String]) throws(HelmFailure) -> CommandResult {
    let result: CommandResult
    do throws(SubprocessError) {
      result = try command(arguments).run(deadline: .after(Self.questionTimeout))
    } catch {
      throw HelmFailure(error)
    }
    try Self.check(result, of: arguments[0])
    return result
  }

  private static func check(_ result: CommandResult, of verb: String) throws(HelmFailure) {
    if result.isSuccess { return }
    throw HelmFailure(verb, result)
  }
}

extension HelmChange {
  /// As Helm calls it.
  var verb: String {
    switch self {
    case .upgrade: "upgrade"
    case .rollback: "rollback"
    case .uninstall: "uninstall"
    }
  }
}
