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
