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
