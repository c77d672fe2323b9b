import Crypto
import SQL

/// A migration file as it is in the repository.
public struct MigrationFile: Sendable, Equatable {
  /// `0001_create_birthdays.sql`, or with the dialect before the `.sql`.
  public let name: String
  /// Its text.
  public let text: String

  /// A file of that name and text.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// One step of the schema, in one dialect.
public struct Migration: Sendable, Equatable {
  /// Its number; steps are taken in this order.
  public let version: Int
  /// What the file name says, without number and ending.
  public let name: String
  /// The file that it comes from.
  public let file: String
  /// The dialect that it was read for.
  public let dialect: Dialect
  /// What the comment at its head says.
  public let header: MigrationHeader
  /// SHA-256 over its tokens: comments, white space and line ends do not count.
  public let checksum: String
  /// SHA-256 over its bytes.
  public let rawChecksum: String
  let script: SQLScript

  /// The statements in order, as the database gets them.
  public var statements: [String] { script.parts.map(\.source) }

  /// The beginning of each statement's checksum, to tell later which one was changed.
  var statementChecksums: [String] { script.parts.map { String($0.checksum.prefix(16)) } }
}

/// Something wrong in the migration files themselves.
public struct MigrationProblem: Sendable, Equatable, CustomStringConvertible {
  /// A line of a file.
  public struct Place: Sendable, Equatable {
    /// The file's name.
    public let file: String
    /// The line, counted from 1.
    public let line: Int
  }

  /// Where it is.
  public let place: Place
  /// What is wrong, and what is allowed.
  public let message: String

  init(_ place: Place, _ message: String) {
    self.place = place
    self.message = message
  }

  /// `file:line: message`.
  public var description: String { "\(place.file):\(place.line): \(message)" }
}

/// All migrations that a release knows, in one dialect and in order.
public struct MigrationSet: Sendable, Equatable {
  /// The dialect.
  public let dialect: Dialect
  /// By ascending version, without gaps in meaning: each was written after the one before it.
  public let migrations: [Migration]

  /// Reads the files of `dialect`; throws `invalid` with everything that is wrong in them.
  public init(files: [MigrationFile], dialect: Dialect) throws(MigrationError) {
    var problems: [MigrationProblem] = []
    var migrations: [Migration] = []
    for file in files.sorted(by: { $0.name < $1.name }) {
      guard let name = FileName(file.name) else {
        let message = "the name is NNNN_what_it_does.sql, .postgres.sql or .sqlite.sql"
        problems.append(MigrationProblem(.init(file: file.name, line: 1), message))
        continue
      }
      guard name.dialect == nil || name.dialect == dialect else { continue }
      guard let migration = Migration(file, name, dialect, &problems) else { continue }
      if let same = migrations.first(where: { $0.version == migration.version }) {
        let message = "version \(migration.version) is also that of \(same.file)"
        problems.append(MigrationProblem(.init(file: file.name, line: 1), message))
      }
      migrations.append(migration)
    }
    guard problems.isEmpty else { throw .invalid(problems) }
    self.dialect = dialect
    self.migrations = migrations.sorted { $0.version < $1.version }
  }
}

extension Migration {
  fileprivate init?(
    _ file: MigrationFile, _ name: FileName, _ dialect: Dialect,
    _ problems: inout [MigrationProblem]
  ) {
    let count = problems.count
    let header = MigrationHeader(file.text, file: file.name, problems: &problems)
    if dialect == .sqlite, !header.hasTransaction {
      let message = "transaction: no is for PostgreSQL; SQLite changes a schema in transactions"
      problems.append(MigrationProblem(.init(file: file.name, line: 1), message))
    }
    do throws(SQLTokenError) {
      let script = try SQLScript(file.text, dialect: dialect)
      if script.parts.isEmpty {
        problems.append(MigrationProblem(.init(file: file.name, line: 1), "there is no statement"))
      }
      for part in script.parts where Self.ownsTransaction(part) {
        let message = "the migrator owns the transaction: \(part.summary)"
        problems.append(MigrationProblem(.init(file: file.name, line: part.line), message))
      }
      if dialect == .postgres, !header.hasTransaction {
        for part in script.parts where !part.isRepeatable && !Self.ownsTransaction(part) {
          let message = "\(part.summary) \(SQLScript.Part.notRepeatable)"
          problems.append(MigrationProblem(.init(file: file.name, line: part.line), message))
        }
      }
      guard problems.count == count else { return nil }
      self.init(
        version: name.version, name: name.title, file: file.name, dialect: dialect,
        header: header, checksum: script.checksum, rawChecksum: SHA256.hexadecimal(file.text),
        script: script)
    } catch {
      problems.append(MigrationProblem(.init(file: file.name, line: error.line), error.message))
      return nil
    }
  }

  private static func ownsTransaction(_ part: SQLScript.Part) -> Bool {
    let words: Set = ["BEGIN", "COMMIT", "ROLLBACK", "END", "ABORT", "START"]
    return part.tokens.first.map { $0.kind == .word && words.contains($0.text.uppercased()) }
      ?? false
  }
}

/// `0001_create_birthdays[.dialect].sql`.
private struct FileName {
  let version: Int
  let title: String
  let dialect: Dialect?

  init?(_ name: String) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, parts.removeLast() == "sql" else { return nil }
    if parts.count == 2 {
      guard let dialect = Dialect(rawValue: String(parts[1])) else { return nil }
      self.dialect = dialect
    } else {
      dialect = nil
    }
    let digits = parts[0].prefix { $0.isASCII && $0.isNumber }
    let title = parts[0].dropFirst(digits.count)
    guard digits.count >= 4, let version = Int(digits), version > 0, title.hasPrefix("_"),
      title.count > 1, title.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
    else { return nil }
    self.version = version
    self.title = String(title.dropFirst())
  }
}
