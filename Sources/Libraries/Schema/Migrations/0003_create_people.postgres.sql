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
