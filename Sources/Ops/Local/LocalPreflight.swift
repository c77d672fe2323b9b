import Core
import Handover
import Migrations
import POSIX
import SQL
import Schema

/// What can be known of a local rollout before anything is changed.
struct LocalPreflight {
  /// What must be free on the disk beside the size of the release and the database.
  private static let freeBytesMin: Int64 = 32 * 1024 * 1024
  /// How long the database may take to answer.
  private static let databaseTimeout: Duration = .seconds(3)

  private let target: LocalTarget

  init(_ target: LocalTarget) { self.target = target }

  /// Everything that was looked at, what stands against the rollout among it.
  func checks() -> [PreflightCheck] {
    [program(), folder(), entrance(), serving(), disk()] + backup() + connections() + database()
  }

  private func program() -> PreflightCheck {
    let path = target.release.program
    guard File.isExecutable(path) else {
      return PreflightCheck(
        "program", .refuse,
        "\(path) is not a program that may be run; chmod +x it, or name another with --binary")
    }
    return PreflightCheck("program", .ok, "sha256 \(target.release.digest)")
  }

  /// The sockets of replicas are paths, and the kernel keeps few bytes for one.
  private func folder() -> PreflightCheck {
    let longest = target.paths.control("\(target.release.revision)-\(target.release.replicas)")
    let bytes = longest.utf8.count + 1
    let words = "\(bytes) of \(UnixSocket.pathBytesMax) bytes for the path of a socket"
    guard bytes <= UnixSocket.pathBytesMax else {
      return PreflightCheck(
        "folder", .refuse, "\(target.paths.root) is too deep, \(words); use a shorter one")
    }
    return PreflightCheck("folder", .ok, words)
  }

  /// The port is ours while replicas serve; otherwise nobody else may have it.
  private func entrance() -> PreflightCheck {
    let client = target.client
    let place = "\(client.host):\(client.port)"
    if client.status() != nil { return PreflightCheck("port", .ok, "\(place) is held already") }
    if LocalReplicas.anyAlive(target.paths) {
      return PreflightCheck(
        "port", .warn, "no supervisor runs; a new one takes \(place) over from the replicas")
    }
    do {
      _ = try ListeningSocket.tcp(host: client.host, port: client.port)
      return PreflightCheck("port", .ok, "\(place) is free")
    } catch {
      let advice = error.isAddressInUse ? "end what uses it, or set another port: " : ""
      return PreflightCheck("port", .refuse, "\(place) can not be had: \(advice)\(error)")
    }
  }

  /// What runs must be what is remembered, or nobody could put it back.
  private func serving() -> PreflightCheck {
    let sets = target.client.status()?.sets ?? []
    let known = target.former?.revision
    if let stranger = sets.first(where: {
      $0.stage == .serving && $0.revision != known && $0.revision != target.release.revision
    }) {
      return PreflightCheck(
        "serving", .refuse,
        "release \(stranger.revision) runs, and \(target.paths.state) does not know it; "
          + "ops rollout --env \(target.environment) --stop ends it")
    }
    return PreflightCheck("serving", .ok, known ?? "nothing yet")
  }

  private func disk() -> PreflightCheck {
    let size = File.size(target.release.program) ?? 0
    var needed = Self.freeBytesMin + size
    if case .sqlite(let path) = target.database { needed += 2 * (File.size(path) ?? 0) }
    do {
      let free = try File.freeBytes(at: target.paths.root)
      let megabytes = "\(free / 1_048_576) MiB free, \(needed / 1_048_576) MiB wanted"
      guard free < needed else { return PreflightCheck("disk", .ok, megabytes) }
      return PreflightCheck(
        "disk", .refuse, "\(megabytes); make room where \(target.paths.root) is")
    } catch {
      return PreflightCheck("disk", .refuse, "\(error)")
    }
  }

  private func backup() -> [PreflightCheck] {
    let policy = target.policy.backup
    let running = runningBackup()
    if policy == .skip {
      return [PreflightCheck("backup", .ok, "skipped, as the policy says")] + running
    }
    switch target.database {
    case .sqlite: return [PreflightCheck("backup", .ok, "a copy of the SQLite file")]
    case .postgres(let address):
      if let obstacle = target.serverBackup(address).obstacle(policy) {
        return [PreflightCheck("backup", .refuse, "the policy says \(policy), and \(obstacle)")]
      }
      let store = target.settings.backup?.store ?? ""
      return [PreflightCheck("backup", .ok, "\(policy): into \(store)")] + running
    }
  }

  /// Whoever reads the database for a backup at this moment keeps a migration waiting.
  private func runningBackup() -> [PreflightCheck] {
    guard !target.isUndo, case .postgres(let address) = target.database,
      // Whether the server answers at all is another check's.
      let reader = (try? target.serverBackup(address).reader()) ?? nil
    else { return [] }
    return [
      PreflightCheck(
        "running backup", .warn,
        "\(reader): it is waited for before the migration, for up to"
          + " \(DurationText.format(RolloutBackup.othersTimeout))")
    ]
  }

  /// What the replicas of both releases want of a server at once; others have some of it as well,
  /// and how many nobody here can know.
  private func connections() -> [PreflightCheck] {
    guard case .postgres = target.database else { return [] }
    let (new, old) = (target.release.replicas, target.former?.replicas ?? 0)
    let variable = target.release.environment["POOL_SIZE"]
    let pool = variable.flatMap { Int($0) } ?? DatabaseConnections.poolSize
    let each = pool + DatabaseConnections.auditConnections
    return [
      PreflightCheck(
        "connections", .warn,
        "not checked: (replicas \(new) + \(old) of the old release) x (env.POOL_SIZE \(pool) +"
          + " \(DatabaseConnections.auditConnections)) = \((new + old) * each) are wanted of a"
          + " server that others use as well; compare with its SHOW max_connections, less"
          + " superuser_reserved_connections and what they hold")
    ]
  }

  private func database() -> [PreflightCheck] {
    do {
      if case .sqlite(let path) = target.database, !File.exists(path) {
        let folder = Path.parent(of: path)
        guard File.isDirectory(folder) else {
          return [
            PreflightCheck(
              "database", .refuse,
              "\(path): \(folder) is no folder; make it, or name another in DATABASE_URL")
          ]
        }
        return [PreflightCheck("database", .ok, "\(path) will be made")]
      }
      let open = try target.database.open(.forMigrations(host: ProcessInfo.hostName))
      defer { open.close() }
      var limits = MigrationLimits()
      limits.queryTimeout = Self.databaseTimeout
      let migrator = Migrator(
        open, try ServiceSchema.migrations(for: open.dialect), limits: limits)
      if target.isUndo { return try wayBack(migrator.status()) }
      let pending = try migrator.plan()
      return [
        PreflightCheck("database", .ok, "\(open.address) answers"),
        PreflightCheck(
          "schema", .ok,
          pending.isEmpty ? "current" : "\(counted(pending.count, "migration")) to apply"),
      ] + compatibility(pending)
    } catch {
      return [PreflightCheck("database", .refuse, "\(target.database): \(error)")]
    }
  }

  /// Whether the release that is brought back can run on the schema as it is.
  private func wayBack(_ status: MigrationStatus) -> [PreflightCheck] {
    let version = target.release.version.flatMap { Release($0) }
    guard let needed = (status.applied + status.unknown).compactMap(\.minRelease).max() else {
      return [PreflightCheck("schema", .ok, "every release runs on it")]
    }
    if let version, version >= needed {
      return [PreflightCheck("schema", .ok, "\(version) runs on it")]
    }
    let found = version.map(\.description) ?? "of an unknown version"
    return [
      PreflightCheck(
        "schema", target.forwardOnly ? .warn : .refuse,
        "the release to go back to is \(found), and the schema needs \(needed); --forward-only"
          + " accepts that")
    ]
  }

  /// Whether the release that serves could still run once the schema is changed.
  private func compatibility(_ pending: [Migration]) -> [PreflightCheck] {
    guard let former = target.former, let needed = pending.compactMap(\.header.minRelease).max()
    else { return [] }
    let version = former.version.flatMap { Release($0) }
    if let version, version >= needed {
      return [PreflightCheck("old release", .ok, "\(version) runs on the new schema")]
    }
    let found = version.map(\.description) ?? "of an unknown version"
    return [
      PreflightCheck(
        "old release", target.forwardOnly ? .warn : .refuse,
        "it is \(found) and could not run on the new schema, which needs \(needed); "
          + "--forward-only accepts that there is no way back")
    ]
  }
}

/// The replicas that a dead supervisor may have left.
enum LocalReplicas {
  /// Whether any replica of the last supervisor's state still runs.
  static func anyAlive(_ paths: LocalPaths) -> Bool {
    SupervisorState.load(paths)?.replicas.contains { entry in
      entry.startTick != 0
        && ProcessHandle.startTick(of: entry.replica.process) == entry.startTick
    } ?? false
  }
}
