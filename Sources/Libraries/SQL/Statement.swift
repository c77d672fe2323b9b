import Synchronization

/// Which SQL a database speaks.
public enum Dialect: String, Sendable, CaseIterable {
  /// PostgreSQL 13 or later.
  case postgres
  /// SQLite 3.40 or later.
  case sqlite
}

/// A statement that the program knows, in both dialects.
///
/// Parameters are written `$1` to `$n` in both. Make each statement once, as a `static let`: it
/// gets a number of its own, by which connections keep it prepared without hashing its text.
public struct Statement: Sendable {
  /// Whether a statement changes anything.
  public enum Access: String, Sendable {
    /// Changes nothing: may run on a reader and once more on another connection.
    case read
    /// Everything else.
    case write
  }

  /// What logs, metrics and errors call it.
  public let name: String
  /// Its text in PostgreSQL's dialect.
  public let postgres: String
  /// Its text in SQLite's dialect.
  public let sqlite: String
  /// Whether it changes anything.
  public let access: Access
  /// Its number, by which it is found again, or nil when it is used once.
  let number: Int?
  /// Its name on a PostgreSQL server.
  ///
  /// It is made from the text, so that behind a pooler, where sessions are shared, a name never
  /// stands for another text.
  let preparedName: String

  /// A statement with one text for both dialects.
  ///
  /// Without `access`, a text that begins with `SELECT` and locks no rows is a read. A `SELECT`
  /// with side effects must say `.write`.
  public init(_ name: String, _ text: String, access: Access? = nil) {
    self.init(name, postgres: text, sqlite: text, access: access)
  }

  /// A statement with a text for each dialect.
  public init(_ name: String, postgres: String, sqlite: String, access: Access? = nil) {
    self.init(
      name: name, postgres: postgres, sqlite: sqlite,
      access: access ?? Self.access(of: postgres),
      number: Self.nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue)
  }

  /// A statement that is made while the program runs and is not kept prepared.
  public static func once(
    _ name: String, _ text: String, access: Access? = nil
  ) -> Statement {
    once(name, postgres: text, sqlite: text, access: access)
  }

  /// The same with a text for each dialect.
  public static func once(
    _ name: String, postgres: String, sqlite: String, access: Access? = nil
  ) -> Statement {
    Statement(
      name: name, postgres: postgres, sqlite: sqlite,
      access: access ?? Self.access(of: postgres), number: nil)
  }

  private init(name: String, postgres: String, sqlite: String, access: Access, number: Int?) {
    self.name = name
    self.postgres = postgres
    self.sqlite = sqlite
    self.access = access
    self.number = number.flatMap { $0 < Self.numbersMax ? $0 : nil }
    preparedName = "s" + String(Self.fingerprint(of: postgres), radix: 36)
  }

  /// The text in that dialect.
  public func text(_ dialect: Dialect) -> String {
    switch dialect {
    case .postgres: postgres
    case .sqlite: sqlite
    }
  }

  /// More statements than this are a leak: the further ones run without being kept.
  static let numbersMax = 1024
  private static let nextNumber = Atomic<Int>(0)

  private static func access(of text: String) -> Access {
    let words = text.uppercased().split { !$0.isLetter }
    guard words.first == "SELECT" else { return .write }
    for (word, next) in zip(words, words.dropFirst())
    where word == "FOR" && ["UPDATE", "SHARE", "NO", "KEY"].contains(next) {
      return .write
    }
    return .read
  }

  /// FNV-1a of 64 bits: short names matter more here than an adversary, the texts are ours.
  private static func fingerprint(of text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
