import Core
import JSON
import POSIX

/// What a drill found: who restored what, when, where, how long it took, and what was compared.
struct DrillReport: Sendable, Equatable {
  /// One file of the backup, restored.
  struct Restored: Sendable, Equatable {
    let content: BackupFile.Content
    let storedBytes: Int64
    /// From the first byte asked of the store to the end of the restore.
    let recovery: Duration
    let comparison: Duration
    /// Whether a role without superuser was enough.
    let withoutSuperuser: Bool
    let differences: [String]
    /// Of the server, or the library, that has the copy.
    let serverVersion: String
    /// What the server refused of the dump, so that there is no copy; nil where all was taken.
    var failure: String?
    /// What whoever reads it should know.
    var notes: [String] = []
  }

  let id: BackupID
  let database: String
  let manifestSHA256: String
  let snapshotAt: Timestamp
  let startedAt: Timestamp
  let finishedAt: Timestamp
  /// Who did it: a user and a machine.
  let by: String
  let tool: String
  /// Where it was restored to.
  let place: String
  let proof: Proof.Mode
  /// Of the server that had the original.
  let serverVersion: String
  let tables: Int
  let rows: Int64
  let sequences: Int
  let restored: [Restored]
  /// Newer backups, where the newest that counts was drilled.
  var passedOver = PassedOver()

  /// What whoever reads it should know.
  var notes: [String] {
    passedOver.words + (restored.first?.notes ?? []) + (otherMajorWords.map { [$0] } ?? [])
  }

  /// Whether no copy differed in anything that was compared.
  var isSame: Bool {
    !restored.isEmpty && restored.allSatisfy { $0.differences.isEmpty && $0.failure == nil }
  }
  /// Whether every copy held what the original did: what is in the rows was compared as well.
  var isProven: Bool { isSame && proof.canProve }
  /// Whether what differs says something of the backup.
  ///
  /// On a server of another major the schema may read otherwise, and values may have other texts. A
  /// dump that a server refuses may want something that this one lacks.
  var isConclusive: Bool {
    otherMajorWords == nil && restored.allSatisfy { $0.failure == nil }
  }

  /// How a command that was to prove it ends.
  var exitCode: ExitCode {
    if !isSame || passedOver.isFault { return .verificationFailed }
    return isProven ? .done : .inconclusive
  }

  private var otherMajorWords: String? {
    guard let copy = restored.first?.serverVersion else { return nil }
    return Proof.otherMajorWords(original: serverVersion, copy: copy)
  }

  /// The longest that a file took to come back.
  var recovery: Duration { restored.map(\.recovery).max() ?? .zero }

  var json: JSONValue {
    let restored = restored.map { file -> JSONValue in
      [
        "content": .string(file.content.rawValue), "storedBytes": .integer(file.storedBytes),
        "recoveryMilliseconds": .integer(file.recovery.inMilliseconds),
        "comparisonMilliseconds": .integer(file.comparison.inMilliseconds),
        "withoutSuperuser": .boolean(file.withoutSuperuser),
        "differences": .array(file.differences.map { .string($0) }),
        "failure": file.failure.map { .string($0) } ?? .null,
      ]
    }
    let members: [JSONMember] = [
      JSONMember("backup", .string(id.text)),
      JSONMember("database", .string(database)),
      JSONMember("manifestSHA256", .string(manifestSHA256)),
      JSONMember("snapshotAt", .string(snapshotAt.iso8601)),
      JSONMember("startedAt", .string(startedAt.iso8601)),
      JSONMember("finishedAt", .string(finishedAt.iso8601)),
      JSONMember("by", .string(by)),
      JSONMember("tool", .string(tool)),
      JSONMember("place", .string(place)),
      JSONMember("proven", .boolean(isProven)),
      JSONMember("proof", .string(proof.rawValue)),
      JSONMember("conclusive", .boolean(isConclusive)),
      JSONMember("tables", .integer(Int64(tables))),
      JSONMember("rows", .integer(rows)),
      JSONMember("sequences", .integer(Int64(sequences))),
      JSONMember("restored", .array(restored)),
      JSONMember("notes", .array(notes.map { .string($0) })),
    ]
    return JSONValue.object(members).inNameOrder
  }
}

extension DrillReport {
  /// Expressions are not compared: a server may write them in other words.
  private static let schemaWords = "the schema by names, types and flags"

  /// What was compared, in words.
  var comparedWords: String {
    switch proof {
    case .none:
      "\(Self.schemaWords), \(sequences) sequences; no rows, as the backup's proof has none"
    case .counts:
      "\(Self.schemaWords), \(sequences) sequences, "
        + "the counts of \(rows) rows in \(tables) tables"
    case .digest:
      "\(Self.schemaWords), \(sequences) sequences, "
        + "the contents of \(rows) rows in \(tables) tables"
    }
  }

  /// The same for people, as evidence that can be filed.
  var markdown: String {
    var lines = [
      "# Restore drill of \(MarkdownText.words(database))", "",
      isProven
        ? "The backup was restored, and holds what the database held."
        : isSame
          ? "The backup was restored, and nothing of what was compared differs. **That proves not "
            + "what is in its rows.**"
          : restored.contains { $0.failure != nil }
            ? "**The backup could not be restored.**"
            : "**The restored copy is not what the database held.**", "",
      "| | |", "|---|---|",
      "| backup | `\(id)` |",
      "| shows the database at | \(snapshotAt.iso8601) |",
      "| restored | \(startedAt.iso8601) to \(finishedAt.iso8601) |",
      "| by | \(MarkdownText.words(by)), ops \(MarkdownText.words(tool)) |",
      "| into | \(MarkdownText.words(place)) |",
      "| compared | \(comparedWords) |",
      "| digest of the manifest | `\(manifestSHA256)` |",
    ]
    for file in restored {
      lines += [
        "", "## \(file.content.rawValue), \(file.storedBytes) bytes", "",
        "- recovery took \(Self.seconds(file.recovery))",
        "- the comparison took \(Self.seconds(file.comparison))",
        "- by a role \(file.withoutSuperuser ? "without" : "with") superuser",
      ]
      if let failure = file.failure {
        lines.append("- it was refused: \(MarkdownText.words(failure))")
        continue
      }
      lines += file.differences.map { "- difference: \(MarkdownText.words($0))" }
      if file.differences.isEmpty { lines.append("- no difference") }
    }
    if !notes.isEmpty {
      lines += ["", "## Notes", ""] + notes.map { "- \(MarkdownText.words($0))" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  static func seconds(_ duration: Duration) -> String {
    let tenths = duration.inMilliseconds / 100
    return "\(tenths / 10).\(tenths % 10) s"
  }
}

extension DrillReport {
  /// The same in a few lines, for who waits for it.
  var lines: [String] {
    let state = isProven ? "proven" : isSame ? "not proven, but the same" : "NOT PROVEN"
    var lines = [
      "\(state)  \(id)  \(database)",
      "  restored into \(place), compared \(comparedWords)",
    ]
    for file in restored {
      if let failure = file.failure {
        let words = ErrorReport.printable(failure)
        lines.append("  \(file.content.rawValue): could not be restored: \(words)")
        continue
      }
      lines.append(
        "  \(file.content.rawValue): \(file.storedBytes) bytes, "
          + "back in \(Self.seconds(file.recovery)), "
          + "compared in \(Self.seconds(file.comparison))")
      lines += file.differences.map { "  difference: " + ErrorReport.printable($0) }
    }
    return lines + notes.map { "  note: " + ErrorReport.printable($0) }
  }

  /// Writes the evidence into `directory`; nowhere where there is none.
  func write(to directory: String?) throws {
    guard let directory else { return }
    try File.makeDirectory(directory)
    try File.write(json.recordBytes, to: directory + "/drill.json")
    try File.write(Array(markdown.utf8), to: directory + "/drill.md")
  }
}
