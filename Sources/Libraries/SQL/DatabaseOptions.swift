import Core

/// How a database is used, beyond where it is.
public struct DatabaseOptions: Sendable {
  /// What the server shows for our connections; it cuts names after 63 bytes.
  public var applicationName = "slipway"
  /// PostgreSQL's pool.
  public var pool = PoolOptions()
  /// What PostgreSQL's sessions are told.
  public var session = SessionOptions()
  /// SQLite's file.
  public var sqlite = SQLiteOptions()
  /// Gives PostgreSQL's password before each connection is opened, in place of the address's own;
  /// nil keeps that one.
  ///
  /// So a password that was changed is taken up without a restart: connections that are open go
  /// on, and new ones log in with the new one.
  public var currentPassword: (@Sendable () -> Secret?)?

  /// The defaults.
  public init() {}
}

/// The limits of PostgreSQL's pool.
public struct PoolOptions: Sendable {
  /// The most connections that are open at once, 1 to 64.
  public var connectionsMax = 8
  /// The most callers that wait at once; the next one is refused without waiting.
  public var waitersMax = 256
  /// How old a connection may grow, so that servers behind a name are found again.
  public var lifetime: Duration = .seconds(1800)
  /// The part of the lifetime that is random, so that connections do not all end at once.
  public var lifetimeJitter = 0.2
  /// After this long without use a connection is tried with an empty query first.
  public var idleCheckAfter: Duration = .seconds(30)
  /// After this long without use a connection is closed.
  public var idleTimeout: Duration = .seconds(600)
  /// How long one address may take to answer a connection attempt.
  public var connectTimeout: Duration = .seconds(5)
  /// The pause after the first failed connection attempt; it doubles.
  public var backoffMin: Duration = .milliseconds(50)
  /// The longest pause between connection attempts while the server is away.
  public var backoffMax: Duration = .seconds(1)

  /// The defaults.
  public init() {}
}

/// What PostgreSQL's sessions are told and how the network is watched.
public struct SessionOptions: Sendable {
  /// How the server's timeouts are set.
  public enum SettingsVia: Sendable {
    /// With `SET` after connecting, but not behind a pooler, where it would reach other clients.
    case statements
    /// With the start-up parameter `options`, which most poolers refuse.
    case startup
    /// Not at all.
    case nothing
  }

  /// The server cancels a statement that runs longer, should the client no longer be able to.
  public var statementTimeout: Duration? = .seconds(30)
  /// The server ends a session that idles in a transaction for longer.
  public var idleInTransactionTimeout: Duration? = .seconds(60)
  /// How the two timeouts are set.
  public var settingsVia = SettingsVia.statements
  /// Whether statements are kept prepared on the server.
  public var preparedStatements = PreparedStatements.auto
  /// Quiet time before the kernel asks whether the server is still there.
  public var keepaliveIdle: Duration = .seconds(30)
  /// How long sent bytes may stay unacknowledged before the connection counts as broken.
  public var tcpUserTimeout: Duration = .seconds(15)

  /// The defaults.
  public init() {}
}

/// Whether statements are kept prepared on a PostgreSQL server.
public enum PreparedStatements: String, Sendable, CaseIterable {
  /// Always; wrong behind a pooler in transaction mode.
  case on
  /// Never.
  case off
  /// Until there are signs of a pooler: then this pool stops preparing.
  case auto
}

/// How SQLite's file is used.
public struct SQLiteOptions: Sendable {
  /// When a commit waits for the disk.
  public enum Synchronous: String, Sendable, CaseIterable {
    /// At every commit: an answered write survives a power cut, as PostgreSQL's default promises.
    case full
    /// At checkpoints: faster; a power cut, but not a crash, may lose the last commits.
    case normal
  }

  /// How many connections read at once, beside the one that writes.
  public var readersMax = 4
  /// How long to wait for a lock of another process.
  public var busyTimeout: Duration = .seconds(5)
  /// When a commit waits for the disk.
  public var synchronous = Synchronous.full
  /// Opens what is there and makes nothing: no file, no journal.
  public var readOnly = false

  /// The defaults.
  public init() {}
}
