import Core

/// Everything that some code does to a database, as one transaction.
///
/// The code need not know: statements of a `JoiningDatabase` join the unit that runs on the thread.
///
/// Within it a statement still is what it is without: it takes effect whole or not at all, and one
/// that fails leaves the others alone. That is why each of them has a savepoint, which costs two
/// round trips; so a unit of work is for those who need one.
///
/// Sendable: it is reached through `current` alone, which never leaves the thread that set it,
/// and nobody here runs tasks.
public final class UnitOfWork: @unchecked Sendable {
  /// What runs on this thread now.
  @TaskLocal static var current: UnitOfWork?

  /// The database whose statements it takes.
  let owner: JoiningDatabase
  /// Its connection, for statements that are part of it and not of a step.
  public let connection: any DatabaseConnection

  init(_ owner: JoiningDatabase, _ connection: any DatabaseConnection) {
    self.owner = owner
    self.connection = connection
  }

  /// Runs `body` so that all of its changes are undone when it throws.
  ///
  /// Throws what `body` throws, or a `DatabaseError`.
  public func step<Result, Failure: Error>(
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
