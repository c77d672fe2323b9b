import Migrations
import SQL

/// The schema of the service: its migrations, as they are in this binary.
public enum ServiceSchema {
  /// The migrations in one dialect; throws `invalid` when a file is wrong, which a test excludes.
  public static func migrations(for dialect: Dialect) throws(MigrationError) -> MigrationSet {
    try MigrationSet(files: EmbeddedMigrations.files, dialect: dialect)
  }
}
