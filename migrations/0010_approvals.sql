-- What waits for a second person, and what became of it. Nothing personal is here in plain: the reason and the note on how
-- somebody's identity was checked are sealed with the key of the person it is about.

CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    account TEXT NOT NULL,
    requester TEXT NOT NULL,
    document TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    decider TEXT,
    decided_at BIGINT,
    done_at BIGINT
);
-- One at a time for a person: nobody is asked twice about them.
CREATE UNIQUE INDEX approvals_under_way ON approvals (account) WHERE state = 'open' OR state = 'approved';
CREATE INDEX approvals_by_end ON approvals (state, expires_at);
CREATE INDEX approvals_of_organisation ON approvals (organisation, asked_at);
