import Core
import Migrations
import POSIX
import SQL

/// Knows whether the database answers and whether this release can work with its schema.
///
/// One query asks both. However many probes come, one at a time asks, and what it hears holds for
/// `verdictMax`; so probes can not pile up on a database that is slow.
final class DatabaseWatch: Sendable {
  /// What the database said, or why it said nothing.
  enum Verdict: Sendable, Equatable {
    case schema(SchemaState)
    case failure(DatabaseError)

    var isUsable: Bool {
      if case .schema(let state) = self { return state.isUsable }
      return false
    }

    /// The same in one of a few words for everybody: nothing that the database said, which may
    /// name hosts and users.
    var publicProblem: String? {
      switch self {
      case .schema(.notInitialised): "the schema is not initialised"
      case .schema(.behind): "the schema is behind"
      case .schema(.aheadIncompatible): "the schema is ahead"
      case .schema(.current), .schema(.aheadCompatible): nil
      case .failure: "the database is not reached"
      }
    }

    /// Why it is not usable, in words for operators; nil where it is.
    var problem: String? {
      switch self {
      case .schema(let state): state.isUsable ? nil : "the schema is \(state)"
      case .failure(let error): "the database: \(error)"
      }
    }
  }

  /// How long a verdict is repeated without asking again.
  static let verdictMax: Duration = .seconds(1)
  /// How long one question may take.
  static let questionTimeout: Duration = .seconds(2)

  private struct State {
    var latest: (verdict: Verdict, at: ContinuousClock.Instant)?
    /// What was last heard of the schema; an outage does not change it.
    var schema: SchemaState?
    var isAsking = false
  }

  private let database: any Database
  private let migrations: MigrationSet
  private let release: String
  private let state = Guarded(State())

  init(_ database: any Database, _ migrations: MigrationSet, release: String = Version.current) {
    self.database = database
    self.migrations = migrations
    self.release = release
  }

  /// What was heard last; nil before the first answer.
  var latest: Verdict? { state.withLock { $0.latest?.verdict } }

  /// The schema as it was seen last, outages left aside; nil where it was never reached.
  var schema: SchemaState? { state.withLock { $0.schema } }

  /// Whether the database was reached at least once and its schema could be used then.
  var isUsable: Bool { state.withLock { $0.schema?.isUsable ?? false } }

  /// A verdict not older than `age`, or while another thread asks, the one before.
  ///
  /// Blocks for as long as a question may take.
  func current(age: Duration = verdictMax) -> Verdict {
    let deadline = Deadline.after(Self.questionTimeout)
    while true {
      switch next(age) {
      case .known(let verdict): return verdict
      case .ask: return ask()
      case .wait where deadline.hasPassed:
        return .failure(DatabaseError(.timeout, "the first answer is awaited"))
      case .wait: WorkThread.sleep(.milliseconds(5))
      }
    }
  }

  private enum Step {
    case known(Verdict)
    case ask
    /// Another thread asks for the first time.
    case wait
  }

  private func next(_ age: Duration) -> Step {
    state.withLock { state in
      if let latest = state.latest, state.isAsking || ContinuousClock.now - latest.at < age {
        return .known(latest.verdict)
      }
      if state.isAsking { return .wait }
      state.isAsking = true
      return .ask
    }
  }

  private func ask() -> Verdict {
    var verdict: Verdict
    do throws(DatabaseError) {
      verdict = .schema(
        try SchemaState.read(
          database, known: migrations, release: release, deadline: .after(Self.questionTimeout)))
    } catch {
      verdict = .failure(error)
    }
    state.withLock { state in
      state.latest = (verdict, ContinuousClock.now)
      if case .schema(let schema) = verdict { state.schema = schema }
      state.isAsking = false
    }
    return verdict
  }
}
