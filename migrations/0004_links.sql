-- One-time links and codes sent to a person: what each may do, until when, and whether it was spent or revoked.
-- The token itself is not kept, only its digest; `about` is what the link is about, by id, never personal data.

CREATE TABLE links (
    digest BYTEA PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id),
    about TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX links_of_account ON links (account, kind);
CREATE INDEX links_by_end ON links (expires_at);
