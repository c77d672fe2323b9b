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
