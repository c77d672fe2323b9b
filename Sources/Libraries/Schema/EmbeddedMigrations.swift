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
    MigrationFile(
      name: "0002_create_randomizes.postgres.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE randomizes (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          created timestamptz NOT NULL,
          updated timestamptz NOT NULL,
          original text NOT NULL
            CONSTRAINT randomizes_original CHECK (char_length(original) BETWEEN 1 AND 255),
          jumbled text NOT NULL
            CONSTRAINT randomizes_jumbled CHECK (char_length(jumbled) BETWEEN 1 AND 255)
        );

        CREATE INDEX randomizes_original_id ON randomizes (original, id);

        CREATE TABLE histories (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          created timestamptz NOT NULL,
          method text NOT NULL,
          route text NOT NULL,
          data text NOT NULL,
          status text NOT NULL
        );

        CREATE INDEX histories_created_id ON histories (created, id);

        """###
    ),
    MigrationFile(
      name: "0002_create_randomizes.sqlite.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE randomizes (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          created TEXT NOT NULL,
          updated TEXT NOT NULL,
          original TEXT NOT NULL
            CONSTRAINT randomizes_original CHECK (length(original) BETWEEN 1 AND 255),
          jumbled TEXT NOT NULL
            CONSTRAINT randomizes_jumbled CHECK (length(jumbled) BETWEEN 1 AND 255)
        ) STRICT;

        CREATE INDEX randomizes_original_id ON randomizes (original, id);

        CREATE TABLE histories (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          created TEXT NOT NULL,
          method TEXT NOT NULL,
          route TEXT NOT NULL,
          data TEXT NOT NULL,
          status TEXT NOT NULL
        ) STRICT;

        CREATE INDEX histories_created_id ON histories (created, id);

        """###
    ),
  ]
}
