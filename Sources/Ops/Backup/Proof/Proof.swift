/// What a database held at the moment of a backup, so that a restored copy can be compared.
///
/// Read within the snapshot that is dumped. Names are as the database has them, in the order of
/// schema and name.
struct Proof: Sendable, Equatable {
  /// The form that this release writes.
  static let formatCurrent = 1
  /// Most bytes of one as JSON: a hundred thousand tables have about sixteen million.
  static let bytesMax = 64 * 1024 * 1024

  /// How closely rows are looked at.
  enum Mode: String, CaseIterable, Sendable {
    /// Not at all: what a restore is compared by is the schema alone.
    case none
    /// How many each table has.
    case counts
    /// All that is in them: reads every row.
    case digest

    /// Whether a copy that does not differ holds what the original held.
    var canProve: Bool { self == .digest }
  }

  /// A table with rows of its own: a partition, and not what it is a partition of; a materialized
  /// view.
  struct Table: Sendable, Equatable {
    let schema: String
    let name: String
    let rows: Int64
    /// Of all rows whatever their order; nil unless the mode is `digest`.
    let digest: String?

    var title: String { QualifiedName(schema: schema, name: name).title }
  }

  /// All large objects together.
  struct LargeObjects: Sendable, Equatable {
    let count: Int64
    /// Of numbers and contents; nil unless the mode is `digest`.
    let digest: String?
  }

  /// A sequence; its value goes on while others write, for sequences are in no transaction.
  struct Sequence: Sendable, Equatable {
    /// How far it was: the value it gave last, or will give first.
    struct Position: Sendable, Equatable, Comparable {
      let value: Int64
      /// Whether the value was given already.
      let isCalled: Bool

      static func < (left: Position, right: Position) -> Bool {
        (left.value, left.isCalled ? 1 : 0) < (right.value, right.isCalled ? 1 : 0)
      }
    }

    let schema: String
    let name: String
    /// In the snapshot's transaction, before the dump began.
    let before: Position
    /// When the dump had ended: what it has lies between both.
    var after: Position

    var title: String { QualifiedName(schema: schema, name: name).title }
  }

  struct Extension: Sendable, Equatable {
    let name: String
    let version: String
  }

  let mode: Mode
  let serverVersion: String
  /// Of what there is beside rows: tables with their columns, indexes, views, functions and so on.
  let schemaFingerprint: String
  /// Where the server's log was; nil for SQLite and where it may not be asked.
  var logPosition: String?
  /// Empty where the mode is `none`.
  var tables: [Table]
  /// Nil where the mode is `none`, and for SQLite, which has none.
  var largeObjects: LargeObjects?
  var sequences: [Sequence]
  let extensions: [Extension]
  /// Which tables and sequences are there as the configuration of an extension, by their titles;
  /// nil where none was looked at: for SQLite, and by releases that compared none.
  var extensionConfiguration: [String]?

  /// All rows of all tables.
  var rows: Int64 { tables.reduce(0) { $0 + $1.rows } }
}
