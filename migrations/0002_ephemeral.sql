-- What may be forgotten, where no Redis is given: sessions, interactions, codes, replay marks, counters.
-- Values and notes are sealed. version 0 means spent: the note is what a replay is answered with.
CREATE TABLE ephemeral (
    space TEXT NOT NULL,
    id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    value BYTEA NOT NULL,
    note BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (space, id)
);
CREATE INDEX ephemeral_by_expiry ON ephemeral (expires_at);
