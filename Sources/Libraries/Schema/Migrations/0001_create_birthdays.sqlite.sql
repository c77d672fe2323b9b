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
