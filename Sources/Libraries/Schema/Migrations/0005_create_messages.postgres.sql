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
