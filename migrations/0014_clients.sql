-- Apps as their developers keep them: a stage, notes about each secret, a watch, and when each was used.
-- `clients.secrets` stays the list of digests that authenticate; `secret_notes` tells each one's label and age.

ALTER TABLE clients ADD COLUMN stage TEXT NOT NULL DEFAULT 'live';
ALTER TABLE clients ADD COLUMN secret_notes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN watched_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX clients_by_age ON clients (created_at, id);
CREATE INDEX consents_of_client ON consents (client, granted_at);

-- When a client, and each of its secrets, last proved itself; written at most once a minute.
-- `what` is the secret's id, and empty for the client as a whole.
CREATE TABLE client_uses (
    client TEXT NOT NULL REFERENCES clients (id),
    what TEXT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (client, what)
);
