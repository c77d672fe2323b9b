import Core
import JSON
import ObjectStorage
import POSIX
import SQL

/// A restore of one backup, with all that it needs found on this machine.
struct BackupRecovery {
  /// What whoever restores has said.
  struct Rules: Sendable {
    var allowsUnproven = false
    /// Whether a backup is taken that none of those signed whose signatures count.
    var allowsUnsigned = false
    var allowsPartial = false
    var intoExisting = false
    var keepsOwners = true
    /// Whether roles that the dump names are made where they are missing.
    var makesRoles = false
    /// Whether a server that is older than the programs is tried.
    var takesOlderServer = false
    /// So many tables at once; nil for all in one transaction.
    var jobs: Int?
    var compares = true
  }

  /// What came of it.
  struct Outcome: Sendable, Equatable {
    let id: BackupID
    let snapshotAt: Timestamp
    /// How the original was read.
    let proof: Proof.Mode
    /// As `BackupManifest.leftOut`.
    let leftOut: [String]
    /// How long until the database was there.
    let recovery: Duration
    /// How long reading it again took; nil where that was not done.
    let comparison: Duration?
    let differences: [String]
    /// Where a file is that was there before.
    var keptAside: String?
    /// What is to be said of a copy on a server of another major.
    var otherMajor: String?
    /// What was done beside the dump.
    var notes: [String] = []
    /// What of the database itself was not taken, and why.
    var notBroughtBack: [String] = []
    /// Whether there was something in the database that the backup does not know of.
    var cameOnTop = false
  }

  let place: BackupPlace
  let entry: BackupEntry
  let target: DatabaseURL
  let rules: Rules
  let interruption: Interruption
  /// The folder of temporary files.
  let scratch: String
  var identity: BackupIdentity?

  private static let timeout: Duration = .seconds(60)

  func run() throws -> Outcome {
    let content = BackupContent(
      storage: place.storage, manifest: entry.manifest, identity: identity)
    if entry.manifest.isEncrypted, identity == nil { throw RestoreError.noIdentity(entry.id) }
    // A restore carries out what it reads.
    if !rules.allowsUnsigned { try place.signers.check(entry, in: place.catalog) }
    do {
      switch (target, entry.manifest.kind) {
      case (.postgres(let address), .postgresql): return try restore(content, address)
      case (.sqlite(let path), .sqlite): return try restore(content, Path.absolute(path))
      default: throw RestoreError.nothingToRestore(entry.id)
      }
    } catch let error as PartLeft {
      throw error
    } catch {
      // What fails once it is to stop fails for that reason.
      try interruption.check()
      throw error
    }
  }

  private func restore(
    _ content: BackupContent, _ address: PostgresAddress
  ) throws -> Outcome {
    guard let file = entry.manifest.file(.custom) ?? entry.manifest.file(.plain) else {
      throw RestoreError.nothingToRestore(entry.id)
    }
    if file.content == .plain, rules.jobs != nil || !rules.keepsOwners {
      throw BackupError.configuration(
        "a dump as text is restored as it is: --jobs and --no-owner are for archives",
        hints: ["--roles makes the roles that it names"])
    }
    let isEmpty = try checkIsEmpty(address)
    let major = PostgresInstallations.major(of: entry.manifest.tools["pg_dump"] ?? "") ?? 0
    let server = try DrillServer.major(address)
    try checkServer(server, client: major, dump: major)
    let programs = try PostgresPrograms.find(serverMajor: major, ProcessInfo.environment)
    // psql adds nothing to a script.
    if file.content == .custom { try checkServer(server, client: programs.major, dump: major) }
    let settings = try content.settings(interruption)
    let made = try prepareRoles(content, settings, address)
    let clock = ContinuousClock()
    let begun = clock.now
    let restore = PostgresRestore(
      programs: programs.folder, target: address, content: content, keepsOwners: rules.keepsOwners)
    var hasStarted = false
    do {
      if let jobs = rules.jobs, file.content == .custom {
        try restore.run(file, jobs: jobs, in: scratch, interruption) { hasStarted = true }
      } else {
        try restore.run(file, interruption) { hasStarted = true }
      }
    } catch {
      guard hasStarted else { throw error }
      throw withWhatIsLeft(error, of: file, address, wasEmpty: isEmpty)
    }
    let done = clock.now
    var outcome = outcome(begun.duration(to: done), nil, [])
    outcome.cameOnTop = !isEmpty
    // What else is in the database is nothing that the proof knows of.
    if rules.compares, isEmpty {
      let proof = try entry.proof(in: place.storage)
      let copy = try PostgresProofReader.read(
        address, proof.mode, isSchemaOnly: entry.manifest.isSchemaOnly, interruption)
      outcome = self.outcome(
        begun.duration(to: done), done.duration(to: clock.now), proof.differences(in: copy))
      outcome.otherMajor = Proof.otherMajorWords(
        original: proof.serverVersion, copy: copy.serverVersion)
    }
    // Last, for who opens a session afterwards gets them.
    outcome.notBroughtBack =
      try settings?.apply(to: address, withRoles: rules.keepsOwners)
      ?? ["settings and rights of the database itself, which the backup does not have"]
    if !made.isEmpty {
      outcome.notes.append("made the roles \(made.joined(separator: ", ")), without passwords")
    }
    outcome.notes += try localeNotes(address)
    return outcome
  }

  /// The roles that were made, so that the dump finds those that it names; throws `rolesMissing`
  /// where nobody said that they may be made.
  private func prepareRoles(
    _ content: BackupContent, _ settings: DatabaseSettings?, _ address: PostgresAddress
  ) throws -> [String] {
    guard rules.keepsOwners, let settings else { return [] }
    if rules.makesRoles {
      let known = try content.roles(interruption)
      let names = known.map(\.name)
      let others = settings.allRoles.filter { !names.contains($0) }.map { DumpedRole(name: $0) }
      return try DrillServer.make(known + others, withGroups: true, at: address)
    }
    let database = DrillServer.open(address)
    defer { database.close() }
    let missing = try DrillServer.missing(settings.roles, at: database)
    if !missing.isEmpty { throw RestoreError.rolesMissing(missing) }
    return []
  }

  /// What is to be said where texts are ordered by other rules than in the original.
  private func localeNotes(_ address: PostgresAddress) throws -> [String] {
    guard let wanted = entry.manifest.locale else { return [] }
    let database = DrillServer.open(address)
    defer { database.close() }
    let found = try database.session(deadline: .after(Self.timeout)) { session in
      try DatabaseLocale.read(session, deadline: .after(Self.timeout))
    }
    return found == wanted
      ? [] : ["the database is of \(found.words); the original was of \(wanted.words)"]
  }

  private func checkServer(_ server: Int, client: Int, dump: Int) throws(RestoreError) {
    guard client > server, !rules.takesOlderServer else { return }
    throw .olderServer(server: server, client: client, dump: dump)
  }

  /// Whether there is nothing in the database; throws where there is and that was not said.
  private func checkIsEmpty(_ address: PostgresAddress) throws -> Bool {
    let database = DrillServer.open(address)
    defer { database.close() }
    let first: String?
    do throws(DatabaseError) {
      first = try TargetContents.first(in: database)
    } catch {
      throw BackupError.database(error)
    }
    if let first, !rules.intoExisting { throw RestoreError.notEmpty(first) }
    return first == nil
  }

  /// The failure of a restore, and that it left a part where it did: several sessions share no
  /// transaction, and a script that has large objects ends its own.
  private func withWhatIsLeft(
    _ error: any Error, of file: BackupFile, _ address: PostgresAddress, wasEmpty: Bool
  ) -> any Error {
    guard rules.jobs != nil || file.content == .plain else { return error }
    var cause = error
    if let reason = interruption.reason { cause = Interrupted(reason: reason) }
    // What was there before is not told from what the backup brought.
    guard wasEmpty else { return PartLeft(cause: cause, isSeen: false, wasEmpty: false) }
    let database = DrillServer.open(address)
    defer { database.close() }
    let found = Result { try TargetContents.first(in: database) }
    guard case .success(let first) = found else {
      return PartLeft(cause: cause, isSeen: false, wasEmpty: true)
    }
    return first == nil ? cause : PartLeft(cause: cause, isSeen: true, wasEmpty: true)
  }

  private func restore(_ content: BackupContent, _ path: String) throws -> Outcome {
    guard let file = entry.manifest.file(.sqlite) else {
      throw RestoreError.nothingToRestore(entry.id)
    }
    if rules.jobs != nil || !rules.keepsOwners || rules.makesRoles || rules.takesOlderServer {
      throw BackupError.configuration(
        "a file of SQLite is restored whole: --jobs, --no-owner, --roles and --older-server are "
          + "for PostgreSQL")
    }
    if !rules.intoExisting, File.exists(path) { try Self.checkIsEmpty(path) }
    let proof = try entry.proof(in: place.storage)
    let clock = ContinuousClock()
    let begun = clock.now
    var differences: [ProofDifference] = []
    var comparison: Duration?
    let aside = try SQLiteRestore(content: content).replace(file, path, interruption) { copy in
      guard rules.compares else { return }
      let start = clock.now
      let found = try SQLiteProofReader.read(copy, proof.mode, deadline: .distant)
      differences = proof.differences(in: found)
      comparison = start.duration(to: clock.now)
      // Before it has taken its place, nothing is lost by refusing it.
      if let first = differences.first {
        throw BackupError.changed(key: file.key, reason: first.description)
      }
    }
    let recovery = begun.duration(to: clock.now) - (comparison ?? .zero)
    var outcome = outcome(recovery, comparison, differences)
    outcome.keptAside = aside
    return outcome
  }

  private static func checkIsEmpty(_ path: String) throws {
    do throws(DatabaseError) {
      if try SQLiteDatabase.isEmpty(path, deadline: .after(timeout)) { return }
    } catch {
      guard error.kind == .corrupt else { throw BackupError.database(error) }
      throw RestoreError.notEmpty("bytes that are no database, in \(path)")
    }
    throw RestoreError.notEmpty("tables, in \(path)")
  }

  private func outcome(
    _ recovery: Duration, _ comparison: Duration?, _ differences: [ProofDifference]
  ) -> Outcome {
    Outcome(
      id: entry.id, snapshotAt: entry.manifest.snapshotAt, proof: entry.manifest.proof.mode,
      leftOut: entry.manifest.leftOut, recovery: recovery,
      comparison: comparison, differences: differences.map(\.description))
  }
}

extension BackupRecovery.Outcome {
  var lines: [String] {
    var lines = ["restored \(id) in \(DrillReport.seconds(recovery))"]
    if let comparison {
      lines.append(
        differences.isEmpty
          ? "compared in \(DrillReport.seconds(comparison)): \(proof.sameWords)"
          : "compared in \(DrillReport.seconds(comparison)): NOT what the original held")
    } else {
      lines.append(
        "NOT COMPARED with the original"
          + (cameOnTop ? ": there was something in the database before" : ""))
    }
    lines += differences.map { "difference: " + ErrorReport.printable($0) }
    if let otherMajor, !differences.isEmpty { lines.append("note: \(otherMajor)") }
    lines += notBroughtBack.map { "NOT brought back: " + ErrorReport.printable($0) }
    lines += notes.map { "note: " + ErrorReport.printable($0) }
    if !leftOut.isEmpty {
      lines.append("it was taken without " + ErrorReport.printable(leftOut.joined(separator: ", ")))
    }
    if let keptAside {
      lines.append("what was there before is \(ErrorReport.printable(keptAside))")
    }
    return lines
  }

  var json: JSONValue {
    [
      "backup": .string(id.text), "snapshotAt": .string(snapshotAt.iso8601),
      "recoveryMilliseconds": .integer(recovery.inMilliseconds),
      "comparisonMilliseconds": comparison.map { .integer($0.inMilliseconds) } ?? .null,
      "differences": .array(differences.map { .string($0) }), "proof": .string(proof.rawValue),
      "leftOut": .array(leftOut.map { .string($0) }),
      "notBroughtBack": .array(notBroughtBack.map { .string($0) }),
      "notes": .array(notes.map { .string($0) }),
      "keptAside": keptAside.map { .string($0) } ?? .null,
    ]
  }
}

extension Proof.Mode {
  /// What it means that a copy does not differ.
  fileprivate var sameWords: String {
    switch self {
    case .digest: "it holds what the original held"
    case .counts: "as many rows as the original had; what is in them was not compared"
    case .none: "the schema is the original's; rows were not compared"
    }
  }
}
