-- What invitations, recovery and supervised resets must remember. Only adds.

-- Until when an invited person should be ready; when somebody registered by themselves; since when a supervised reset
-- waits for its link or code: until then a password alone binds nothing.
ALTER TABLE accounts ADD COLUMN due_at BIGINT;
ALTER TABLE accounts ADD COLUMN registered_at BIGINT;
ALTER TABLE accounts ADD COLUMN reset_at BIGINT;

-- When a password was set by a link in a mail, until its person next proves a second factor: whoever reads the mailbox
-- must not turn the mailbox into both halves of a recovery.
ALTER TABLE factors ADD COLUMN mailed_at BIGINT;

-- People who asked the clinic to help them back in; the telephone number to call is sealed with the person's key.
CREATE TABLE recovery_requests (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    organisation TEXT NOT NULL,
    proved BOOLEAN NOT NULL,
    sealed BYTEA,
    asked_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_why TEXT
);
CREATE INDEX recovery_requests_of_account ON recovery_requests (account);
CREATE INDEX recovery_requests_open ON recovery_requests (closed_at, asked_at, id);

-- Recoveries that wait out their cooling-off: one for a person at a time.
CREATE TABLE recoveries (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    asked_at BIGINT NOT NULL,
    ready_at BIGINT NOT NULL,
    told_at BIGINT,
    ended_at BIGINT,
    ended_why TEXT
);
CREATE INDEX recoveries_of_account ON recoveries (account, asked_at);
CREATE INDEX recoveries_due ON recoveries (ended_at, told_at, ready_at);
