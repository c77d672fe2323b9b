import Core
import ObjectStorage
import POSIX
import SQL

/// Saves the PostgreSQL of a local environment into the environment's store, as `ops backup` does.
struct LocalServerBackup: BackupMeans {
  private static let queryTimeout: Duration = .seconds(10)

  let address: PostgresAddress
  let settings: Environment
  /// Variables of this process, which may open the store.
  let variables: [String: String]

  /// Why the policy can not be kept whatever the store has, nil where it may be.
  func obstacle(_ requirement: RolloutPolicy.BackupRequirement) -> String? {
    guard settings.backup != nil else {
      return
        "\(settings.name) has no 'backup' in \(Platform.fileName) that says where to; give it one,"
        + " or save the database by other means and set rollout.backup to skip"
    }
    guard requirement == .required, let obstacle = obstacleToTaking else { return nil }
    return "\(obstacle), and set rollout.backup to proven-within or skip"
  }

  /// Why none can be taken here that would count, nil where one can.
  private var obstacleToTaking: String? {
    guard settings.backup?.signedBy.isEmpty == false else { return nil }
    return "backups of \(settings.name) are signed by a key that a rollout does not have; take one"
      + " by ops backup run --sign-with"
  }

  func nothingToSave(_ run: any RolloutContext) -> String? { nil }

  func others(_ run: any RolloutContext) throws -> String? { try reader() }

  /// Whose session reads the whole database at this moment.
  ///
  /// https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW
  func reader() throws -> String? {
    var options = DatabaseOptions()
    options.pool.connectionsMax = 1
    let database = PostgresDatabase(address: address, options: options)
    defer { database.close() }
    let rows = try database.query(
      .once(
        "backup sessions",
        """
        SELECT application_name, pid::text FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (application_name = 'pg_dump' OR application_name LIKE '\(PostgresSource.sessions)%')
        ORDER BY backend_start LIMIT 1
        """, access: .read), deadline: .after(Self.queryTimeout))
    guard let row = rows.first, let name: String = try row.get(0), let pid: String = try row.get(1)
    else { return nil }
    return "\(name), process \(pid) of the server, reads the database for a backup"
  }

  func newestProven(_ run: any RolloutContext) throws -> ProvenBackup? {
    try place().list().newest(.proven).map {
      ProvenBackup(name: $0.id.text, takenAt: $0.manifest.snapshotAt)
    }
  }

  func take(_ run: any RolloutContext) throws -> String {
    if let obstacleToTaking { throw PhaseFailure(obstacleToTaking) }
    let programs = ProgramGroup()
    let encryption = try AgeEncryption(settings.backup?.encryptTo ?? [])
    var options = PostgresBackupOptions()
    options.isEncrypted = encryption != nil
    let source = PostgresSource(address, options, programs: programs, environment: variables)
    let backup = BackupRun(source, into: try catalog(), encryption: encryption, programs: programs)
    try run.check()
    // Not under the lock: nothing of the environment changes, and it may take long.
    return try run.cancelling(with: { backup.cancel() }) { try backup.run().id.text }
  }

  var obstacleToProof: String? {
    if let obstacleToTaking { return "\(obstacleToTaking) --drill" }
    guard settings.backup?.encryptTo.isEmpty == false else { return nil }
    return "it is encrypted, and its key is elsewhere: prove the newest one by ops backup drill"
      + " --env \(settings.name) --identity"
  }

  func prove(_ name: String, _ run: any RolloutContext) throws {
    let place = try place()
    guard let id = BackupID(name), let taken = try place.list().entry(id) else {
      throw BackupError.noBackup("the backup that was taken is gone from its store")
    }
    let interruption = Interruption()
    let drill = BackupDrill(
      place: place, entry: taken, interruption: interruption,
      parent: variables["TMPDIR"] ?? "/tmp")
    let report = try run.cancelling(with: { interruption.raise("the rollout was interrupted") }) {
      try drill.run()
    }
    guard report.isProven else {
      throw PhaseFailure(
        "\(taken.id) did not come back as it was: \(report.lines.joined(separator: "; "))")
    }
  }

  private func catalog() throws -> BackupCatalog { try place().catalog }

  private func place() throws -> BackupPlace {
    guard let policy = settings.backup else {
      throw BackupError.configuration(obstacle(.required) ?? "")
    }
    return try BackupPlace(policy, of: settings, variables)
  }
}
