/// What went wrong with a database, as facts.
///
/// It never holds parameters or passwords; `description` may be logged. It is still not for HTTP
/// answers: table and constraint names are nobody's business outside.
public struct DatabaseError: Error, Sendable, Equatable {
  /// The kinds that callers tell apart.
  public enum Kind: Sendable, Equatable {
    /// No connection, or it broke; `sent` says whether the statement may have been carried out.
    case unavailable(sent: Bool)
    /// The deadline or the server's statement timeout passed; the statement was cancelled.
    case timeout
    /// Somebody else holds the lock for too long.
    case busy
    /// A constraint of the schema refused the change.
    case constraint(Constraint, name: String)
    /// The database, the file or the transaction takes no writes.
    case readOnly
    /// No space is left.
    case full
    /// The file or a page of it is not what the database wrote.
    case corrupt
    /// The transaction lost against another one and may be run again from its start.
    case serialization
    /// All connections are in use, and the queue is full or the deadline passed in it.
    case poolExhausted
    /// The database was closed by this program.
    case closed
    /// The statement or its parameters are wrong; a fault of the program.
    case sql
    /// A column is not what the program reads it as; a fault of the program.
    case decoding
    /// The address or an option is wrong; a fault of the configuration.
    case configuration
  }

  /// The constraints that both databases know.
  public enum Constraint: String, Sendable {
    /// A primary key, a unique constraint or a unique index.
    case unique
    /// A reference to a row that is not there.
    case foreignKey
    /// A condition that does not hold.
    case check
    /// A null where none is allowed.
    case notNull
    /// Anything else, such as an exclusion constraint.
    case other
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// PostgreSQL's code, when the server said so.
  public let state: SQLState?
  /// The database's words, or ours.
  public let message: String
  /// The name of the statement, when there was one.
  public let statement: String?

  /// A failure with its facts.
  public init(
    _ kind: Kind, _ message: String, state: SQLState? = nil, statement: String? = nil
  ) {
    self.kind = kind
    self.message = message
    self.state = state
    self.statement = statement
  }

  /// Whether the connection is gone, so that another one may help.
  var isConnectionLoss: Bool {
    if case .unavailable = kind { return true }
    return false
  }

  func naming(_ statement: String) -> DatabaseError {
    DatabaseError(kind, message, state: state, statement: self.statement ?? statement)
  }
}

extension DatabaseError: CustomStringConvertible {
  /// One line: statement, kind, code and message; no parameters, no passwords.
  public var description: String {
    let name = statement.map { "\($0): " } ?? ""
    let code = state.map { " (\($0.rawValue))" } ?? ""
    return "\(name)\(kind.words)\(code): \(message)"
  }
}

extension DatabaseError.Kind {
  /// The kind in words.
  public var words: String {
    switch self {
    case .unavailable(sent: false): "database unavailable, nothing was sent"
    case .unavailable(sent: true): "database unavailable, the outcome is not known"
    case .timeout: "timed out"
    case .busy: "locked by somebody else"
    case .constraint(let constraint, let name): "\(constraint.rawValue) constraint \(name)"
    case .readOnly: "read-only"
    case .full: "no space left"
    case .corrupt: "corrupt"
    case .serialization: "transaction must be run again"
    case .poolExhausted: "no free connection"
    case .closed: "closed"
    case .sql: "wrong statement"
    case .decoding: "unexpected column"
    case .configuration: "wrong configuration"
    }
  }
}
