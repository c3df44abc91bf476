-- The tree of organisations, and who holds which duty where. A name is a clinic's, no personal data. `path` is the
-- chain of ids from the root, e.g. `/root/north/`: what lies below an organisation begins with its path.

CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    parent TEXT REFERENCES organisations (id),
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

INSERT INTO organisations (id, parent, path, name, created_at, updated_at)
VALUES ('root', NULL, '/root/', '', 0, 0);

-- A row is kept when it is revoked: an auditor asks who held what, and when.
CREATE TABLE grants (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    duty TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    revoked_by TEXT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX grants_in_force ON grants (account, duty, organisation) WHERE revoked_at IS NULL;
CREATE INDEX grants_of_organisation ON grants (organisation, granted_at);
