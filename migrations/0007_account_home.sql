-- What a person sees and decides at their own pages: where they are signed in, which apps they stopped sharing with,
-- which addresses wait for their proof, and whether the account is about to close. Ends of sessions stay where they are.

-- One row a browser session; the device is sealed with the person's key. Kept for the activity page after its end.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    device BYTEA NOT NULL,
    network TEXT,
    valid_from BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_account ON sessions (account, began_at, id);
CREATE INDEX sessions_by_end ON sessions (ends_at);

-- What began before this at a client is dead for this person.
CREATE TABLE withdrawals (
    account TEXT NOT NULL,
    client TEXT NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    PRIMARY KEY (account, client)
);

-- An address that waits for its proof, sealed; a link names it by its id. One a slot (primary, second).
CREATE TABLE pending_addresses (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    slot TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX pending_addresses_of_account ON pending_addresses (account, slot);

-- An account whose person asked to close it: erased when due, unless they keep it.
CREATE TABLE closings (
    account TEXT PRIMARY KEY,
    asked_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX closings_by_due ON closings (due_at);
