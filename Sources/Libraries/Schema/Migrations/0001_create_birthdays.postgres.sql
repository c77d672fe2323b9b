-- phase: expand
CREATE TABLE birthdays (
  username text PRIMARY KEY CONSTRAINT birthdays_username CHECK (username ~ '^[A-Za-z]{1,64}$'),
  date_of_birth date NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
