-- The audit trail. A change inserts its events unlinked; the sealer of a process links them into its chain, once.
-- kind, outcome and actor are words of the program; detail is JSON; sealed is personal data under a person's key.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    organisation TEXT NOT NULL,
    actor TEXT NOT NULL,
    account TEXT,
    client TEXT,
    session TEXT,
    network TEXT,
    request TEXT,
    reason TEXT,
    detail TEXT,
    sealed BYTEA,
    process TEXT NOT NULL,
    chain TEXT,
    seq BIGINT,
    hash BYTEA
);
CREATE UNIQUE INDEX events_by_chain ON events (chain, seq);
CREATE INDEX events_by_time ON events (at, id);
CREATE INDEX events_by_account ON events (account, at);
CREATE INDEX events_unlinked ON events (at, id) WHERE hash IS NULL;

-- One row a chain. Its holder is a running process, which renews beat_at; another may continue the chain of a dead one.
CREATE TABLE audit_chains (
    id TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    beat_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

-- The heads of every chain at a time, signed. Counted from 1; each body names the digest of the one before.
CREATE TABLE audit_checkpoints (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    kid TEXT NOT NULL,
    signature BYTEA NOT NULL
);
