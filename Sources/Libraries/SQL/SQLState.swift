/// A code of five characters with which PostgreSQL names a condition.
///
/// An open set: servers and extensions add codes.
///
/// https://www.postgresql.org/docs/15/errcodes-appendix.html
public struct SQLState: RawRepresentable, Sendable, Hashable {
  /// The five characters.
  public let rawValue: String

  /// The code of those characters.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The first two characters, which name the class.
  public var classCode: Substring { rawValue.prefix(2) }

  /// `unique_violation`.
  public static let uniqueViolation = SQLState(rawValue: "23505")
  /// `foreign_key_violation`.
  public static let foreignKeyViolation = SQLState(rawValue: "23503")
  /// `check_violation`.
  public static let checkViolation = SQLState(rawValue: "23514")
  /// `not_null_violation`.
  public static let notNullViolation = SQLState(rawValue: "23502")
  /// `read_only_sql_transaction`.
  public static let readOnlyTransaction = SQLState(rawValue: "25006")
  /// `idle_in_transaction_session_timeout`.
  public static let idleInTransactionTimeout = SQLState(rawValue: "25P03")
  /// `invalid_sql_statement_name`: a prepared statement is not there.
  public static let invalidStatementName = SQLState(rawValue: "26000")
  /// `duplicate_prepared_statement`.
  public static let duplicatePreparedStatement = SQLState(rawValue: "42P05")
  /// `undefined_table`.
  public static let undefinedTable = SQLState(rawValue: "42P01")
  /// `feature_not_supported`, among others a cached plan whose result type changed.
  public static let featureNotSupported = SQLState(rawValue: "0A000")
  /// `serialization_failure`.
  public static let serializationFailure = SQLState(rawValue: "40001")
  /// `deadlock_detected`.
  public static let deadlockDetected = SQLState(rawValue: "40P01")
  /// `disk_full`.
  public static let diskFull = SQLState(rawValue: "53100")
  /// `too_many_connections`.
  public static let tooManyConnections = SQLState(rawValue: "53300")
  /// `lock_not_available`.
  public static let lockNotAvailable = SQLState(rawValue: "55P03")
  /// `query_canceled`.
  public static let queryCanceled = SQLState(rawValue: "57014")
  /// `admin_shutdown`.
  public static let adminShutdown = SQLState(rawValue: "57P01")
  /// `cannot_connect_now`: the server is starting, stopping or recovering.
  public static let cannotConnectNow = SQLState(rawValue: "57P03")
}
