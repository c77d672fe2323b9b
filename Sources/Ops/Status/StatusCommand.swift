import Core
import HTTPClient
import JSON
import Migrations
import POSIX
import SQL
import Schema

/// One screen for whoever is on call.
struct StatusCommand: Command {
  private static let environment = Option(
    "env", short: "e", .text("NAME"), .required, "the environment in platform.yaml")
  private static let json = Flag("json", "print the status as JSON")

  static let specification = CommandSpecification(
    name: "status", summary: "show what serves, and what is wrong",
    description: """
      Shows the release that serves, its replicas or pods, the schema, the last rollout and the \
      last backup that is known to be good: on this machine the newest copy that is still what was \
      checked, in a cluster what the Jobs tell that it keeps, which is not all that the store has. \
      Where local replicas run without a supervisor, one is started that takes them over.
      """,
    options: [environment, json], exitCodes: [.failure, .unreachable, .configuration])

  private let name: String
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    name = arguments.required(Self.environment)
    printsJSON = arguments.has(Self.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    let platform = try Platform.load(context.absolute(Platform.fileName))
    let environment = try platform.environment(name)
    if environment.target == .local {
      let status = try LocalStatus.read(LocalEnvironment(environment, context))
      return show(status.json, status.lines, status.wrong, context)
    }
    let cluster = try ClusterEnvironment(environment, of: platform, context, Interruption())
    let status = try ClusterStatus.read(cluster.site)
    return show(status.json, status.lines, status.wrong, context)
  }

  private func show(
    _ json: JSONValue, _ lines: [String], _ wrong: [String], _ context: CommandContext
  ) -> ExitCode {
    if printsJSON {
      context.output.line(json.written(pretty: true))
    } else {
      for line in lines { context.output.line(line) }
    }
    return wrong.isEmpty ? .done : .failure
  }
}

/// The state of a local environment as a person wants to see it.
struct LocalStatus: Sendable {
  /// How long the service may take to answer.
  private static let healthTimeout: Duration = .seconds(2)

  let environment: String
  let entrance: String
  var release: LocalRelease?
  var supervisor: SupervisorStatus?
  var health: String
  var schema: String
  var rollout: RolloutStanding
  /// Why nothing may be rolled out; nil where it may.
  var frozen: String?
  /// The last one that is known to be good.
  var backup: String
  /// What the rollout that runs is about to change, one line each.
  var meanwhile: [String] = []
  /// What is not as it should be, one line each.
  var wrong: [String] = []

  /// Looks at everything; a supervisor that died is brought back.
  static func read(_ settings: LocalEnvironment) throws -> LocalStatus {
    let environment = settings.environment
    let paths = settings.paths
    let state = try LocalState.load(paths.state)
    let client = SupervisorClient(
      paths: paths, host: environment.host ?? Environment.localHost, port: environment.port)
    var status = LocalStatus(
      environment: environment.name, entrance: (environment.url ?? "") + LocalTarget.healthPath,
      release: state.current, supervisor: client.status(), health: "", schema: "", rollout: .none,
      backup: backupWords(environment, state.current, paths))
    if status.supervisor == nil, LocalReplicas.anyAlive(paths) {
      status.wrong.append("the supervisor had died; a new one took the replicas over")
      status.supervisor = try client.ensureRunning()
    }
    status.lookAtHealth()
    status.lookAtSchema()
    status.lookAtRollout(state, paths)
    status.lookAtReplicas()
    return status
  }

  /// The newest copy that is still what was checked as it was made, or where backups are.
  static func backupWords(
    _ environment: Environment, _ release: LocalRelease?, _ paths: LocalPaths
  ) -> String {
    if let copy = newestChecked(of: release, paths) {
      return "\(copy.name), checked at \(copy.takenAt)"
    }
    if let store = inStore(environment) { return store }
    return LocalBackup.newest(paths) == nil
      ? "none" : "none of this database that is still what was checked"
  }

  private static func newestChecked(
    of release: LocalRelease?, _ paths: LocalPaths
  ) -> ProvenBackup? {
    guard let release, let url = try? DatabaseURL(release.environment["DATABASE_URL"] ?? "")
    else { return LocalBackup.newestChecked(paths) }
    guard case .sqlite(path: let path) = url else { return nil }
    return LocalBackup.newestChecked(paths, of: path)
  }

  /// Where backups are that no rollout has made as a file; the store itself may be away for long.
  static func inStore(_ environment: Environment) -> String? {
    environment.backup.map { "in \($0.store); see ops backup list --env \(environment.name)" }
  }

  private mutating func lookAtHealth() {
    var request = HTTPRequest(entrance, deadline: .after(Self.healthTimeout))
    request.headers = [HTTPHeader("Accept", "application/json")]
    do throws(HTTPClientError) {
      let response = try HTTPClient().send(request)
      let revision = response.header("X-Revision") ?? "an unknown revision"
      health = "\(response.status) from \(revision)"
      if response.status != 200 { wrong.append("\(entrance) answers \(response.status)") }
    } catch {
      health = "no answer: \(error)"
      if release != nil { wrong.append("\(entrance): \(error)") }
    }
  }

  private mutating func lookAtSchema() {
    guard let release, let url = try? DatabaseURL(release.environment["DATABASE_URL"] ?? "")
    else {
      schema = "unknown, nothing serves"
      return
    }
    do {
      let database = try url.open(.forMigrations(host: ProcessInfo.hostName))
      defer { database.close() }
      let found = try SchemaState.read(
        database, known: try ServiceSchema.migrations(for: database.dialect),
        deadline: .after(Self.healthTimeout))
      schema = "\(found)"
      if !found.isUsable { wrong.append("the schema is \(found)") }
    } catch {
      schema = "unknown: \(error)"
      wrong.append("\(url): \(error)")
    }
  }

  private mutating func lookAtRollout(_ state: LocalState, _ paths: LocalPaths) {
    let entries = (try? Journal(path: paths.journal(state.number)).entries()) ?? []
    let holder = try? RolloutLock(path: paths.lock).holder()
    rollout = RolloutStanding(state.number, entries, holder: holder)
    if let reason = rollout.wrong { wrong.append(reason) }
    frozen = state.frozen
  }

  /// Notes what is not as it was left: wrong, but for a rollout that changes it just now.
  private mutating func differs(_ words: String) {
    if rollout.isRunning { meanwhile.append(words) } else { wrong.append(words) }
  }

  private mutating func lookAtReplicas() {
    guard let release else { return }
    let accepting = supervisor?.replicas(of: release.revision)
      .filter { $0.state == .accepting }.count
    if accepting ?? 0 < release.replicas {
      differs("\(accepting ?? 0) of \(counted(release.replicas, "replica")) serve")
    }
    for set in supervisor?.sets ?? [] where set.revision != release.revision {
      differs("release \(set.revision) runs beside it, \(set.stage.rawValue)")
    }
  }
}

extension LocalStatus {
  var lines: [String] {
    var lines = [
      "environment  \(environment) (\(entrance))",
      "release      "
        + (release.map { "\($0.revision), rollout \($0.number), since \($0.time)" } ?? "none"),
      "health       \(health)",
      "schema       \(schema)",
      "rollout      \(rollout.words)",
      "backup       \(backup)",
      "supervisor   \(supervisor.map { "process \($0.process)" } ?? "none")",
    ]
    for replica in supervisor?.replicas ?? [] {
      lines.append(
        "replica      \(replica.name)  \(replica.state.rawValue)  process \(replica.process)"
          + "  \(counted(replica.restarts, "restart"))")
    }
    lines += frozen.map { ["frozen       \($0)"] } ?? []
    return lines + meanwhile.map { "meanwhile    \($0)" } + wrong.map { "wrong        \($0)" }
  }

  var json: JSONValue {
    [
      "environment": .string(environment), "entrance": .string(entrance),
      "revision": release.map { .string($0.revision) } ?? .null,
      "rolloutNumber": release.map { .integer(Int64($0.number)) } ?? .null,
      "health": .string(health), "schema": .string(schema), "rollout": .string(rollout.words),
      "isRunning": .boolean(rollout.isRunning), "frozen": frozen.map { .string($0) } ?? .null,
      "backup": .string(backup),
      "supervisorProcess": supervisor.map { .integer(Int64($0.process)) } ?? .null,
      "replicas": .array(
        (supervisor?.replicas ?? []).map { replica in
          [
            "name": .string(replica.name), "revision": .string(replica.revision),
            "state": .string(replica.state.rawValue),
            "process": .integer(Int64(replica.process)),
            "restarts": .integer(Int64(replica.restarts)),
          ]
        }),
      "meanwhile": .array(meanwhile.map { .string($0) }),
      "wrong": .array(wrong.map { .string($0) }),
    ]
  }
}
