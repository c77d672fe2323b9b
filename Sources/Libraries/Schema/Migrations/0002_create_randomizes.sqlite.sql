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
