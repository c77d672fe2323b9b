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
    MigrationFile(
      name: "0003_create_people.postgres.sql",
      text: ###"""
        -- phase: expand
        -- Pages follow the primary key: an import of a million rows pays for one index only.
        -- `updated_at` is the row's version; who changes a row moves it on by a microsecond at least.
        CREATE TABLE people (
          uuid uuid PRIMARY KEY,
          survived boolean NOT NULL,
          passenger_class integer NOT NULL,
          name text NOT NULL CONSTRAINT people_name CHECK (char_length(name) BETWEEN 1 AND 100),
          sex text NOT NULL CONSTRAINT people_sex CHECK (sex IN ('male', 'female', 'other')),
          age integer NOT NULL,
          siblings_or_spouses_aboard integer NOT NULL,
          parents_or_children_aboard integer NOT NULL,
          fare double precision NOT NULL
            CONSTRAINT people_fare CHECK (fare > '-Infinity' AND fare < 'Infinity'),
          created_at timestamptz NOT NULL,
          updated_at timestamptz NOT NULL
        );

        """###
    ),
    MigrationFile(
      name: "0003_create_people.sqlite.sql",
      text: ###"""
        -- phase: expand
        -- Pages follow the primary key: an import of a million rows pays for one index only.
        -- `updated_at` is the row's version; who changes a row moves it on by a microsecond at least.
        CREATE TABLE people (
          uuid TEXT PRIMARY KEY NOT NULL,
          survived INTEGER NOT NULL CONSTRAINT people_survived CHECK (survived IN (0, 1)),
          passenger_class INTEGER NOT NULL
            CONSTRAINT people_passenger_class CHECK (passenger_class BETWEEN -2147483648 AND 2147483647),
          name TEXT NOT NULL CONSTRAINT people_name CHECK (length(name) BETWEEN 1 AND 100),
          sex TEXT NOT NULL CONSTRAINT people_sex CHECK (sex IN ('male', 'female', 'other')),
          age INTEGER NOT NULL CONSTRAINT people_age CHECK (age BETWEEN -2147483648 AND 2147483647),
          siblings_or_spouses_aboard INTEGER NOT NULL
            CONSTRAINT people_siblings_or_spouses_aboard
            CHECK (siblings_or_spouses_aboard BETWEEN -2147483648 AND 2147483647),
          parents_or_children_aboard INTEGER NOT NULL
            CONSTRAINT people_parents_or_children_aboard
            CHECK (parents_or_children_aboard BETWEEN -2147483648 AND 2147483647),
          fare REAL NOT NULL CONSTRAINT people_fare CHECK (abs(fare) < 9e999),
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
    MigrationFile(
      name: "0005_create_messages.postgres.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE messages (
          id uuid PRIMARY KEY,
          sender text NOT NULL
            CONSTRAINT messages_sender CHECK (char_length(sender) BETWEEN 1 AND 64),
          recipient text NOT NULL
            CONSTRAINT messages_recipient CHECK (char_length(recipient) BETWEEN 1 AND 64),
          message text NOT NULL
            CONSTRAINT messages_message CHECK (char_length(message) BETWEEN 1 AND 1024),
          created_at timestamptz NOT NULL
        );

        -- The newest of all, and what is too old.
        CREATE INDEX messages_created_at ON messages (created_at, id);

        -- The newest for somebody from anybody.
        CREATE INDEX messages_recipient_created_at ON messages (recipient, created_at, id);

        -- The newest of a conversation in one direction.
        CREATE INDEX messages_recipient_sender_created_at ON messages (recipient, sender, created_at, id);

        """###
    ),
    MigrationFile(
      name: "0005_create_messages.sqlite.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE messages (
          id TEXT PRIMARY KEY NOT NULL
            CONSTRAINT messages_id CHECK (length(id) = 36),
          sender TEXT NOT NULL
            CONSTRAINT messages_sender CHECK (length(sender) BETWEEN 1 AND 64),
          recipient TEXT NOT NULL
            CONSTRAINT messages_recipient CHECK (length(recipient) BETWEEN 1 AND 64),
          message TEXT NOT NULL
            CONSTRAINT messages_message CHECK (length(message) BETWEEN 1 AND 1024),
          created_at TEXT NOT NULL
        ) STRICT;

        -- The newest of all, and what is too old.
        CREATE INDEX messages_created_at ON messages (created_at, id);

        -- The newest for somebody from anybody.
        CREATE INDEX messages_recipient_created_at ON messages (recipient, created_at, id);

        -- The newest of a conversation in one direction.
        CREATE INDEX messages_recipient_sender_created_at ON messages (recipient, sender, created_at, id);

        """###
    ),
    MigrationFile(
      name: "0006_create_idempotency_keys.postgres.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE idempotency_keys (
          -- SHA-256 of principal, method, route and key.
          id bytea PRIMARY KEY CONSTRAINT idempotency_keys_id CHECK (length(id) = 32),
          -- SHA-256 of what was asked.
          fingerprint bytea NOT NULL,
          status integer NOT NULL,
          headers text NOT NULL,
          -- NULL where the answer was too large to keep.
          body bytea,
          expires_at timestamptz NOT NULL
        );

        CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

        """###
    ),
    MigrationFile(
      name: "0006_create_idempotency_keys.sqlite.sql",
      text: ###"""
        -- phase: expand
        CREATE TABLE idempotency_keys (
          -- SHA-256 of principal, method, route and key.
          id BLOB PRIMARY KEY NOT NULL CONSTRAINT idempotency_keys_id CHECK (length(id) = 32),
          -- SHA-256 of what was asked.
          fingerprint BLOB NOT NULL,
          status INTEGER NOT NULL,
          headers TEXT NOT NULL,
          -- NULL where the answer was too large to keep.
          body BLOB,
          expires_at TEXT NOT NULL
        ) STRICT;

        CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

        """###
    ),
  ]
}
