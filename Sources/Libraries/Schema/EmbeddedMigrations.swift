// Made by scripts/embed-migrations from Migrations/*.sql: change those, then run it again.
import Migrations

/// The SQL files of the service, embedded so that the binary needs none beside it.
public enum EmbeddedMigrations {
  /// All files, in the order of their names.
  public static let files: [MigrationFile] = [
    MigrationFile(
      name: "0001_create_birthdays.postgres.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE birthdays (
          username text PRIMARY KEY CONSTRAINT birthdays_username CHECK (username ~ '^[A-Za-z]{1,64}$'),
          date_of_birth date NOT NULL,
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL
        );

        """###
    ),
    MigrationFile(
      name: "0001_create_birthdays.sqlite.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE birthdays (
          username TEXT PRIMARY KEY NOT NULL
            CONSTRAINT birthdays_username
            CHECK (length(username) BETWEEN 1 AND 64 AND username NOT GLOB '*[^A-Za-z]*'),
          date_of_birth TEXT NOT NULL
            CONSTRAINT birthdays_date_of_birth CHECK (date_of_birth IS date(date_of_birth)),
          created_at TEXT NOT NULL,
          updated_at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        """###
    ),
  ]
}
