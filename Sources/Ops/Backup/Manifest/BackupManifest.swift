import Core

/// What a backup is: the one object whose presence makes it listed.
///
/// Written last and never again: what is found out later, that its bytes are whole or that it was
/// restored, stands in objects of its own.
struct BackupManifest: Sendable, Equatable {
  /// The form that this release writes; newer ones are refused, older ones read.
  static let formatCurrent = 1
  /// Most bytes of one as JSON: ten thousand parts of three files have about four million.
  static let bytesMax = 16 * 1024 * 1024

  /// What kind of database it is of.
  enum Kind: String, CaseIterable, Sendable {
    case postgresql
    case sqlite
  }

  /// How the proof was taken, and where it is.
  struct ProofReference: Sendable, Equatable {
    let mode: Proof.Mode
    let key: String
    /// In hexadecimal.
    let sha256: String
  }

  let id: BackupID
  /// What the catalog calls the database.
  let database: String
  let kind: Kind
  /// Which database it really was: a cluster and a database in it, or a file.
  let source: String
  let serverVersion: String
  /// The programs that made it, with their versions.
  let tools: [String: String]
  /// The moment that the backup shows the database at.
  let snapshotAt: Timestamp
  let startedAt: Timestamp
  let finishedAt: Timestamp
  let files: [BackupFile]
  /// Who can read it: public keys; empty where everybody who has the files can.
  let recipients: [String]
  /// Tables that were left out, as `schema.name`.
  let excludedTables: [String]
  /// Whether it has the tables and not their rows.
  let isSchemaOnly: Bool
  let proof: ProofReference
  /// How the database writes and orders texts; nil for SQLite.
  var locale: DatabaseLocale?

  /// Whether roles and tablespaces are kept beside the database.
  var hasGlobals: Bool { files.contains { $0.content == .globals } }
  /// What it does not have of the database, in words; empty where it has all.
  var leftOut: [String] { excludedTables.sorted() + (isSchemaOnly ? ["all rows"] : []) }
  /// Whether keys of others are needed to read it.
  var isEncrypted: Bool { !recipients.isEmpty }
  /// All that it takes in the store, without the manifest and the proof.
  var storedBytes: Int64 { files.reduce(0) { $0 + $1.stored.bytes } }

  /// The file with that content.
  func file(_ content: BackupFile.Content) -> BackupFile? {
    files.first { $0.content == content }
  }
}

/// One stream of a backup, as it is in the store.
struct BackupFile: Sendable, Equatable {
  /// What is in it once it is decrypted.
  enum Content: String, CaseIterable, Sendable {
    /// An archive of `pg_dump --format=custom`.
    case custom
    /// SQL of `pg_dump --format=plain`, compressed by gzip.
    case plain
    /// Roles and tablespaces, as `pg_dumpall --globals-only` writes them, compressed by gzip.
    case globals
    /// What belongs to the database itself and is in no dump, as JSON, compressed by gzip.
    case settings
    /// A file of SQLite, compressed by gzip.
    case sqlite

    /// What the object is called, without what encryption adds.
    var fileName: String {
      switch self {
      case .custom: "dump.pgdump"
      case .plain: "dump.sql.gz"
      case .globals: "globals.sql.gz"
      case .settings: "settings.json.gz"
      case .sqlite: "database.sqlite.gz"
      }
    }
  }

  /// How many bytes there are, and their digest.
  struct Extent: Sendable, Equatable {
    /// More than a backup has: sums of as many as a manifest can name are numbers still.
    static let bytesMax: Int64 = 1 << 45

    let bytes: Int64
    /// In hexadecimal.
    let sha256: String
  }

  let content: Content
  /// Where it is, from the store's root.
  let key: String
  /// What was made, before it was encrypted.
  let clear: Extent
  /// What is in the store.
  let stored: Extent
  /// What is in the store, part by part as it was sent.
  let parts: [Extent]
}
