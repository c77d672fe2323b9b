import Core
import SQL

/// Everything that a request does to the database, as one transaction.
///
/// Within it a statement still is what it is without: it takes effect whole or not at all, and one
/// that fails leaves the others alone. That is why each of them has a savepoint, which costs two
/// round trips; so a unit of work is for requests that ask for one.
///
/// Sendable: it is reached through `current` alone, which never leaves the thread that set it,
/// since nothing here runs in tasks.
final class UnitOfWork: @unchecked Sendable {
  /// What runs on this thread now.
  @TaskLocal static var current: UnitOfWork?

  /// The database whose statements it takes.
  let owner: JoiningDatabase
  let connection: any DatabaseConnection

  init(_ owner: JoiningDatabase, _ connection: any DatabaseConnection) {
    self.owner = owner
    self.connection = connection
  }

  /// Runs `body` so that all of its changes are undone when it throws.
  func step<Result, Failure: Error>(
    deadline: Deadline, _ body: () throws(Failure) -> Result
  ) throws -> Result {
    try connection.run(script: "SAVEPOINT step", named: "savepoint", deadline: deadline)
    let result: Result
    do throws(Failure) {
      result = try body()
    } catch {
      // Where this fails the connection is gone, and with it the whole transaction.
      try? connection.run(
        script: "ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step", named: "savepoint",
        deadline: deadline)
      throw error
    }
    try connection.run(script: "RELEASE SAVEPOINT step", named: "savepoint", deadline: deadline)
    return result
  }

  /// The same for what fails by the database alone.
  func statement<Result>(
    deadline: Deadline, _ body: () throws(DatabaseError) -> Result
  ) throws(DatabaseError) -> Result {
    do {
      return try step(deadline: deadline, body)
    } catch let error as DatabaseError {
      throw error
    } catch {
      preconditionFailure("a step throws what its body throws")
    }
  }
}
