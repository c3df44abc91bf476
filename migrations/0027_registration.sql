-- Apps that register themselves (RFC 7591, RFC 7592): by whose leave, and within which terms.

-- How an app came here: by administrators, by a token of theirs, or by itself. The digest of its logo, of which we keep a copy.
ALTER TABLE clients ADD COLUMN origin TEXT NOT NULL DEFAULT 'administrators';
ALTER TABLE clients ADD COLUMN logo TEXT;
CREATE INDEX clients_by_logo ON clients (logo) WHERE logo IS NOT NULL;

-- Tokens by which apps register themselves, as digests, and the terms they get.
CREATE TABLE client_tokens (
    id TEXT PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    label TEXT,
    terms TEXT NOT NULL,
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX client_tokens_of_organisation ON client_tokens (organisation, created_at, id);

-- An app's key to its own registration, as a digest, and the terms it registered within. `document` is the digest of what it
-- registered itself: where the registration is another by now, administrators changed it, and it is theirs.
CREATE TABLE client_registrations (
    client TEXT PRIMARY KEY REFERENCES clients (id),
    digest BYTEA NOT NULL,
    token TEXT,
    terms TEXT NOT NULL,
    document BYTEA NOT NULL
);

-- Copies of logos by their digests.
CREATE TABLE logos (
    digest TEXT PRIMARY KEY,
    media TEXT NOT NULL,
    image BYTEA NOT NULL,
    kept_at BIGINT NOT NULL
);
