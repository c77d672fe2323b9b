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
      name: "0004_create_page_views.postgres.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE page_views (
          project text NOT NULL,
          access text NOT NULL,
          agent text NOT NULL,
          article text NOT NULL
            CONSTRAINT page_views_article CHECK (octet_length(article) BETWEEN 1 AND 255),
          year integer NOT NULL,
          month integer NOT NULL CONSTRAINT page_views_month CHECK (month BETWEEN 1 AND 12),
          views bigint NOT NULL CONSTRAINT page_views_views CHECK (views >= 0),
          stored_at timestamptz NOT NULL,
          PRIMARY KEY (article, year, month, project, access, agent)
        );

        CREATE INDEX page_views_stored_at ON page_views (stored_at);

        """###
    ),
    MigrationFile(
      name: "0004_create_page_views.sqlite.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE page_views (
          project TEXT NOT NULL,
          access TEXT NOT NULL,
          agent TEXT NOT NULL,
          article TEXT NOT NULL
            CONSTRAINT page_views_article CHECK (length(CAST(article AS BLOB)) BETWEEN 1 AND 255),
          year INTEGER NOT NULL,
          month INTEGER NOT NULL CONSTRAINT page_views_month CHECK (month BETWEEN 1 AND 12),
          views INTEGER NOT NULL CONSTRAINT page_views_views CHECK (views >= 0),
          stored_at TEXT NOT NULL,
          PRIMARY KEY (article, year, month, project, access, agent)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX page_views_stored_at ON page_views (stored_at);

        """###
    ),
  ]
}
