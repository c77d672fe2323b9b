import Core
import JSON

/// What the Jobs that a cluster keeps tell of the database: of its schema and of its backups.
///
/// They are kept for a while and no longer, so that what none of them tells may be so all the same.
struct DatabaseTraces: Sendable, Equatable {
  /// What a Job does with the database.
  enum Errand: Sendable, Equatable {
    case migrate
    case backup
    case drill

    /// Nil for a Job that does nothing of the kind, or only asks the store.
    fileprivate init?(component: String?, arguments: [String]) {
      let words = Array(arguments.prefix(2))
      if component == Objects.migration {
        self = .migrate
      } else if component == BackupTask.backup.component, words == ["backup", "run"] {
        self = .backup
      } else if component == BackupTask.drill.component, words == ["backup", "drill"] {
        self = .drill
      } else {
        return nil
      }
    }
  }

  /// One such Job.
  struct Trace: Sendable, Equatable {
    let job: String
    let errand: Errand
    let standing: MigrationJob.Standing
    let made: Timestamp
    /// When it succeeded; nil where it has not.
    let ended: Timestamp?
    /// The backup that it was told to prove; nil where it takes the newest.
    let backup: BackupID?

    init?(_ job: JSONValue) {
      let metadata = job["metadata"]
      let containers = job.value(at: ["spec", "template", "spec", "containers"])?.elements
      let arguments = (containers?.first?["args"]?.elements ?? []).compactMap(\.text)
      let component = metadata?["labels"]?["app.kubernetes.io/component"]?.text
      guard let name = metadata?["name"]?.text,
        let made = metadata?["creationTimestamp"]?.text.flatMap({ Timestamp(iso8601: $0) }),
        let errand = Errand(component: component, arguments: arguments)
      else { return nil }
      self.job = name
      self.errand = errand
      self.made = made
      standing = MigrationJob.Standing(job)
      ended = job["status"]?["completionTime"]?.text.flatMap { Timestamp(iso8601: $0) }
      backup = arguments.last.flatMap { BackupID($0) }
    }
  }

  let traces: [Trace]

  /// The traces among Jobs as the API lists them.
  init(_ jobs: [JSONValue]) { traces = jobs.compactMap { Trace($0) } }

  /// The Job of a kind that was made last, however it ended.
  func newest(_ errand: Errand) -> Trace? {
    traces.filter { $0.errand == errand }.max { $0.made < $1.made }
  }

  /// The Job of a kind that was the last to succeed.
  func succeeded(_ errand: Errand) -> Trace? {
    let good = traces.filter { $0.errand == errand && $0.standing == .succeeded && $0.ended != nil }
    return good.max { ($0.ended ?? $0.made) < ($1.ended ?? $1.made) }
  }

  /// The migration that was run last, in words; nil where no Job of one is kept.
  var migrationWords: String? { newest(.migrate)?.words }

  /// The backup that was proven last and the one that was taken last, in words; `proven` is what
  /// the last drill proved, and `elsewhere` says where it is known what no Job tells.
  func backupWords(proven: BackupID?, elsewhere: String) -> String {
    var parts: [String] = []
    if let drill = succeeded(.drill) {
      let name = proven?.text ?? "the newest of then"
      parts.append("\(name), proven at \(drill.ended ?? drill.made) by Job \(drill.job)")
    } else {
      parts.append("last proven unknown here: \(elsewhere)")
    }
    if let taken = succeeded(.backup) {
      parts.append("newest taken at \(taken.ended ?? taken.made) by Job \(taken.job)")
    }
    for last in [newest(.drill), newest(.backup)].compactMap(\.self) {
      if case .failed = last.standing { parts.append(last.words) }
    }
    return parts.joined(separator: "; ")
  }

  /// The backup that a drill calls proven in what it wrote; nil where it names none.
  static func proven(in log: String) -> BackupID? {
    let named = log.split(separator: "\n").compactMap { line -> BackupID? in
      let cells = line.split(separator: " ").map(String.init)
      guard cells.count > 1, cells[0] == BackupEntry.State.proven.rawValue else { return nil }
      return BackupID(cells[1])
    }
    return named.last
  }
}

extension DatabaseTraces.Trace {
  /// How it stands, in one line.
  fileprivate var words: String {
    switch standing {
    case .succeeded: "Job \(job) succeeded at \(ended ?? made)"
    case .failed(let cause):
      "Job \(job), made at \(made), failed"
        + (cause.isEmpty ? "" : ": \(ErrorReport.printable(cause))")
    case .running: "Job \(job) has been running since \(made)"
    case .leaving, .absent: "Job \(job) is being deleted"
    }
  }
}

extension ClusterSite {
  /// Selects the objects of the release, which are labelled by its name; theirs may be longer.
  var ownLabel: String { "app.kubernetes.io/instance=\(platform.service.name)" }

  /// What the environment's own Jobs tell of its database.
  func databaseTraces() throws(ClusterFailure) -> DatabaseTraces {
    let selection = ClusterSelection(.job, in: names.namespace, labels: ownLabel)
    return DatabaseTraces(try client.list(selection).items)
  }

  /// The backup that a drill has proven: the one that it was told, or else the one that it names;
  /// nil where its words are gone, or may not be read.
  func proven(by drill: DatabaseTraces.Trace) -> BackupID? {
    if let told = drill.backup { return told }
    let pods = try? client.list(JobLogs.selection(drill.job, in: names.namespace)).items
    let last = pods?.last { $0["status"]?["phase"]?.text == "Succeeded" }
    guard let pod = last?["metadata"]?["name"]?.text else { return nil }
    let log = PodLog(pod, in: names.namespace, container: BackupTask.drill.rawValue)
    guard let bytes = try? client.log(log) else { return nil }
    return DatabaseTraces.proven(in: String(decoding: bytes, as: UTF8.self))
  }
}
