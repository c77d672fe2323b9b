import Core
import POSIX
import SQL

/// A drill of one backup, with all that it needs found on this machine: for the command, and for a
/// run that proves what it has just made.
struct BackupDrill {
  let place: BackupPlace
  let entry: BackupEntry
  let interruption: Interruption
  /// The folder that holds what the drill makes.
  let parent: String
  var identity: BackupIdentity?
  /// A server that was named in place of a private one.
  var elsewhere: PostgresAddress?

  /// Carries it out, whatever kind of database it is of.
  func run() throws -> DrillReport {
    let manifest = entry.manifest
    // Found before anything is made.
    if manifest.isEncrypted, identity == nil { throw RestoreError.noIdentity(entry.id) }
    try place.signers.check(entry, in: place.catalog)
    return try interruption.explaining {
      switch manifest.kind {
      case .postgresql: return try drillPostgres()
      case .sqlite:
        return try drill(SQLiteDrill(parent: parent, content: content, interruption: interruption))
      }
    }
  }

  private var content: BackupContent {
    BackupContent(storage: place.storage, manifest: entry.manifest, identity: identity)
  }

  private func drillPostgres() throws -> DrillReport {
    // What a newer pg_dump wrote no older pg_restore reads.
    let dumpMajor = PostgresInstallations.major(of: entry.manifest.tools["pg_dump"] ?? "") ?? 0
    let found = try PostgresPrograms.find(serverMajor: dumpMajor, ProcessInfo.environment)
    let clients = found.folder
    if let elsewhere {
      let major = try DrillServer.major(elsewhere)
      guard major >= found.major else {
        throw RestoreError.olderServer(server: major, client: found.major, dump: dumpMajor)
      }
      let server = DrillServer(
        admin: elsewhere, role: nil, title: "a database of its own on a server that was named")
      return try drill(
        PostgresDrill(
          programs: clients, server: server, content: content, interruption: interruption))
    }
    let major = PostgresInstallations.major(of: entry.manifest.serverVersion) ?? 0
    // An older server does not take what newer programs write.
    let programs = try PostgresInstallations.having("postgres").folder(
      atLeast: max(major, found.major))
    return try ScratchServer.with(programs: programs, in: parent, interruption) { scratch in
      let server = try scratch.drillServer()
      let restorer = PostgresDrill(
        programs: clients, server: server, content: content, interruption: interruption)
      return try drill(restorer)
    }
  }

  private func drill(_ restorer: some DrillRestorer) throws -> DrillReport {
    let user = ProcessInfo.environment["USER"] ?? "user \(ProcessInfo.userIdentifier)"
    return try DrillRun(
      catalog: place.catalog, entry: entry, by: "\(user) on \(ProcessInfo.hostName)"
    ).run(restorer)
  }
}

extension ScratchServer {
  /// The role that restores without being a superuser.
  private static let role = "slipway_drill"

  /// This server as a drill uses it.
  func drillServer() throws -> DrillServer {
    let admin = address("postgres")
    let database = DrillServer.open(admin)
    defer { database.close() }
    let version: String? = try database.query(
      .once("version", "SHOW server_version", access: .read), deadline: .after(.seconds(60))
    ).first?.get(0)
    let server = DrillServer(
      admin: admin, role: Self.role, title: "a private server of PostgreSQL \(version ?? "")")
    try database.execute(
      .once("role", "CREATE ROLE \(Self.role) LOGIN"), deadline: .after(.seconds(60)))
    return server
  }
}

extension BackupListing {
  /// The backup of that name, or the newest that is whole and known to be so good; of those that
  /// leave nothing out, unless `takesPartial`.
  func choose(
    _ id: BackupID?, atLeast state: BackupEntry.State, takesPartial: Bool = true
  ) throws -> BackupEntry {
    if let id {
      guard let entry = entry(id) else {
        throw BackupError.noBackup("there is no backup \(id)", hints: ["ops backup list"])
      }
      guard entry.missing.isEmpty else {
        throw BackupError.changed(key: entry.missing[0], reason: "is missing from the store")
      }
      return entry
    }
    let fitting = entries.filter { $0.counts && $0.state >= state }
    guard let entry = fitting.first(where: { takesPartial || $0.hasAll }) else {
      if let partial = fitting.first {
        throw BackupError.leavesOut(partial.manifest)
      }
      let own = entries.filter { !$0.isOfOthers }
      if let lost = own.first?.missing.first, own.allSatisfy({ !$0.missing.isEmpty }) {
        throw BackupError.changed(key: lost, reason: "is missing from the store")
      }
      throw nothing(atLeast: state)
    }
    return entry
  }

  private func nothing(atLeast state: BackupEntry.State) -> BackupError {
    let others = entries.count(where: \.isOfOthers)
    let words =
      others == 0
      ? ""
      : "; \(counted(others, "backup")) \(others == 1 ? "was" : "were") not signed by a key that"
        + " counts"
    return .noBackup(
      (entries.isEmpty ? "there is no backup" : "no backup is \(state.rawValue)") + words,
      hints: (state == .proven ? ["prove one: ops backup drill"] : [])
        + (others == 0 ? [] : ["a restore alone takes what is not signed: --allow-unsigned"]))
  }
}

extension BackupError {
  /// A backup lacks something, and nobody said that this is well.
  static func leavesOut(_ manifest: BackupManifest) -> BackupError {
    .refused(
      "backup \(manifest.id) was taken without \(manifest.leftOut.joined(separator: ", "))",
      hints: ["say --allow-partial, and bring what it lacks from elsewhere"])
  }
}
