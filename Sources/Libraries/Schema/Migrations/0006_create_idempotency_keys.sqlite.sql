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
