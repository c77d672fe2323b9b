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
