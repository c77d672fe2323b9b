import Core
import POSIX
import SQL

/// Restores dumps of PostgreSQL into a database of a drill.
struct PostgresDrill: DrillRestorer {
  /// Where `pg_restore` and `psql` are.
  let programs: String
  let server: DrillServer
  let content: BackupContent
  let interruption: Interruption

  var title: String { server.title }
  var contents: [BackupFile.Content] { [.custom, .plain] }

  /// As a role without superuser first; where the dump wants more, as a superuser.
  func restore(_ file: BackupFile, _ proof: Proof) throws -> DrillReport.Restored {
    // Read in every drill: a restore may want them.
    let roles = try content.roles(interruption)
    if server.role != nil {
      // Policies and owners in a dump name them; they may do nothing.
      let names = try roles.map(\.name) + (content.settings(interruption)?.allRoles ?? [])
      _ = try DrillServer.make(
        Set(names).sorted().map { DumpedRole(name: $0) }, withGroups: false, at: server.admin)
    }
    if let role = server.role {
      let found = try attempt(file, proof, owner: role)
      guard let failure = found.failure, Self.isAboutRights(failure) else { return found }
      try interruption.check()
    }
    return try attempt(file, proof, owner: nil)
  }

  private func attempt(
    _ file: BackupFile, _ proof: Proof, owner: String?
  ) throws -> DrillReport.Restored {
    try server.withDatabase(owner: owner, content.manifest.locale) { address, locale in
      var target = address
      if let owner { target.user = owner }
      let clock = ContinuousClock()
      let begun = clock.now
      let failure = try restore(file, into: target)
      let restored = clock.now
      let copy = try failure == nil ? read(address, proof.mode) : nil
      let compared = clock.now
      // Last, for who opens a session afterwards gets them.
      let settings = try content.settings(interruption)
      let problems = try settings?.apply(to: address, withRoles: server.role != nil) ?? []
      return DrillReport.Restored(
        content: file.content, storedBytes: file.stored.bytes,
        recovery: begun.duration(to: restored), comparison: restored.duration(to: compared),
        withoutSuperuser: owner != nil,
        differences: copy.map { proof.differences(in: $0).map(\.description) } ?? [],
        serverVersion: copy?.serverVersion ?? proof.serverVersion, failure: failure,
        notes: notes(locale) + problems.map { "not brought back: \($0)" })
    }
  }

  /// What the server refused of the dump; nil where it took all of it.
  private func restore(_ file: BackupFile, into target: PostgresAddress) throws -> String? {
    let restore = PostgresRestore(
      programs: programs, target: target, content: content, keepsOwners: false)
    do {
      try restore.run(file, interruption)
      return nil
    } catch RestoreError.programFailed(let program, let reason) {
      guard Self.isAboutTheDump(reason) else {
        throw RestoreError.programFailed(program, reason)
      }
      return "\(program): \(reason)"
    }
  }

  /// What the copy holds, read as the original was.
  private func read(_ address: PostgresAddress, _ mode: Proof.Mode) throws -> Proof {
    try PostgresProofReader.read(
      address, mode, isSchemaOnly: content.manifest.isSchemaOnly, interruption)
  }

  private func notes(_ found: DatabaseLocale?) -> [String] {
    guard let found, let wanted = content.manifest.locale, found != wanted else { return [] }
    return ["the server does not have the locale \(wanted.collate): the copy has \(found.collate)"]
  }

  /// Whether the server refused what the dump has, and not for something that this machine lacks:
  /// an extension's files, room, memory.
  private static func isAboutTheDump(_ reason: String) -> Bool {
    let ofMachine = [
      "extension control file", "is not available", "No space left", "could not extend",
      "could not open file", "could not access file", "could not load library",
      "could not write", "out of memory", "out of shared memory", "terminating connection",
      "shutting down", "in recovery mode", "too many",
    ]
    return reason.contains("ERROR:") && !ofMachine.contains { reason.contains($0) }
  }

  /// Whether it failed for want of rights, in the words of a server that speaks English.
  private static func isAboutRights(_ reason: String) -> Bool {
    ["permission denied", "must be ", "only superuser", "row-level security"].contains {
      reason.contains($0)
    }
  }
}
