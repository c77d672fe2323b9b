import POSIX

/// Where everything of a local environment is kept.
///
/// The folder is the user's alone: the database and the environment of the replicas are in it.
struct LocalPaths: Sendable, Equatable {
  /// The folder of all local environments, beside platform.yaml; ignored by git.
  static let folder = ".slipway"
  /// Only its owner may look in.
  static let folderMode: UInt32 = 0o700

  /// The environment's folder.
  let root: String

  /// The folder of `environment` under the project's folder.
  init(project: String, environment: String) {
    root = "\(project)/\(Self.folder)/\(environment)"
  }

  /// The folder itself.
  init(root: String) { self.root = root }

  var lock: String { "\(root)/lock.json" }
  var state: String { "\(root)/state.json" }
  var database: String { "\(root)/slipway.sqlite" }
  var journals: String { "\(root)/journals" }
  var releases: String { "\(root)/releases" }
  var backups: String { "\(root)/backups" }
  var reports: String { "\(root)/reports" }
  var logs: String { "\(root)/logs" }
  var run: String { "\(root)/run" }
  var supervisorLock: String { "\(run)/supervisor.lock" }
  var supervisorSocket: String { "\(run)/supervisor.sock" }
  var supervisorState: String { "\(run)/supervisor.json" }
  var supervisorLog: String { "\(logs)/supervisor.log" }

  func journal(_ number: Int) -> String { "\(journals)/\(number).jsonl" }
  func report(_ number: Int) -> String { "\(reports)/\(number)" }
  func control(_ replica: String) -> String { "\(run)/\(replica).control" }
  func entrance(_ replica: String) -> String { "\(run)/\(replica).http" }
  func log(_ replica: String) -> String { "\(logs)/\(replica).log" }

  /// Makes all folders.
  func make() throws(SystemError) {
    for folder in [root, journals, releases, backups, reports, logs, run] {
      try File.makeDirectory(folder, mode: Self.folderMode)
    }
  }
}
