-- People, their factors, the apps they sign in to, and every fact that must never be forgotten.
-- Times are UTC microseconds. Personal data and factor secrets are sealed per person (BYTEA `sealed`).

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    valid_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX accounts_by_age ON accounts (created_at, id);

-- What a person may type to say who they are: keyed digests of usernames and verified e-mail addresses.
CREATE TABLE identifiers (
    digest BYTEA PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL
);
CREATE INDEX identifiers_of_account ON identifiers (account);

CREATE TABLE factors (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    credential BYTEA UNIQUE,
    last_step BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    disabled_at BIGINT
);
CREATE INDEX factors_of_account ON factors (account);

-- Consecutive failures per budget; the subject is a keyed digest, so unknown names are counted alike.
CREATE TABLE attempts (
    subject BYTEA NOT NULL,
    budget TEXT NOT NULL,
    known BOOLEAN NOT NULL,
    failures BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (subject, budget)
);
CREATE INDEX attempts_by_age ON attempts (updated_at);

CREATE TABLE known_browsers (
    account TEXT NOT NULL REFERENCES accounts (id),
    browser BYTEA NOT NULL,
    first_seen BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account, browser)
);
CREATE INDEX known_browsers_browser ON known_browsers (browser);

CREATE TABLE clients (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    secrets TEXT NOT NULL,
    valid_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The `sub` a sector knows a person by (OpenID Connect Core §8).
CREATE TABLE subjects (
    account TEXT NOT NULL REFERENCES accounts (id),
    sector TEXT NOT NULL,
    sub TEXT NOT NULL UNIQUE,
    PRIMARY KEY (account, sector)
);

CREATE TABLE consents (
    account TEXT NOT NULL REFERENCES accounts (id),
    client TEXT NOT NULL REFERENCES clients (id),
    scopes TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (account, client)
);

-- A token family: all that came from one authorization code. `generation` is the live refresh token's.
CREATE TABLE families (
    id TEXT PRIMARY KEY,
    account TEXT,
    client TEXT,
    session TEXT,
    entitlement TEXT,
    generation BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    idle_until BIGINT NOT NULL,
    overall_until BIGINT NOT NULL,
    offline BOOLEAN NOT NULL,
    ended_at BIGINT,
    ended_why TEXT
);
CREATE INDEX families_of_account ON families (account);
CREATE INDEX families_of_session ON families (session);
CREATE INDEX families_by_end ON families (overall_until);

CREATE TABLE ended_sessions (
    session TEXT PRIMARY KEY,
    ended_at BIGINT NOT NULL
);
CREATE INDEX ended_sessions_by_age ON ended_sessions (ended_at);

-- Access tokens revoked before they expire (RFC 7009), by a digest of `jti`.
CREATE TABLE revocations (
    jti BYTEA PRIMARY KEY,
    until BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    state_since BIGINT NOT NULL
);

CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    notice TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT
);
CREATE INDEX outbox_by_age ON outbox (created_at, id);
CREATE INDEX outbox_of_account ON outbox (account);

-- People erased, so that a restored backup can be put right again. The key store holds the same list.
CREATE TABLE erasures (
    account TEXT PRIMARY KEY,
    erased_at BIGINT NOT NULL
);
