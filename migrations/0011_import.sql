-- People brought from elsewhere.

-- A hash another system made stays as it came until the first right sign-in. This is a hash of the same cost that no
-- password has: an unknown name costs as much as one of these, as often as a known one does.
ALTER TABLE factors ADD COLUMN foreign_cost TEXT;

-- Who came under which id of another system, by a keyed digest, so that the same list brings nobody twice.
CREATE TABLE imported (
    organisation TEXT NOT NULL,
    external BYTEA NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id),
    import TEXT NOT NULL,
    PRIMARY KEY (organisation, external)
);
CREATE INDEX imported_account ON imported (account);

-- A list being worked off. Its rows are sealed with a key of the list's own in the key store, which goes with them.
CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    created BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    holder TEXT,
    beat_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX imports_by_state ON imports (state, created_at);
CREATE INDEX imports_of_organisation ON imports (organisation, created_at);

-- What waits, and what failed with its reason; what was created or skipped is gone from here.
CREATE TABLE import_rows (
    import TEXT NOT NULL REFERENCES imports (id),
    line BIGINT NOT NULL,
    failed BOOLEAN NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (import, line)
);
