import Core
import SQL

extension PostgresProofReader {
  /// What the database at `address` holds now, read as a backup reads it.
  static func read(
    _ address: PostgresAddress, _ mode: Proof.Mode, isSchemaOnly: Bool,
    _ interruption: Interruption
  ) throws -> Proof {
    let database = DrillServer.open(address)
    defer { database.close() }
    return try interruption.explaining {
      try interruption.cancelling(with: { database.interrupt() }) {
        try database.transaction(.read, deadline: .distant) { connection in
          try settle(connection)
          return try PostgresProofReader(
            connection, mode: mode, isSchemaOnly: isSchemaOnly
          ).read()
        }
      }
    }
  }
}
