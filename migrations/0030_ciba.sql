-- Requests of apps for people who are elsewhere (CIBA): for whom one waits, and what its app is told once its person has
-- answered. The request itself lies in the session store. `telling` holds what an app's token is, sealed, and goes when the
-- app was told or given up; `account` is nothing where nobody is asked.

CREATE TABLE ciba_requests (
    id BYTEA PRIMARY KEY,
    client TEXT NOT NULL,
    account TEXT,
    until BIGINT NOT NULL,
    telling BYTEA,
    answered_at BIGINT,
    next_at BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    failure TEXT
);
CREATE INDEX ciba_waiting ON ciba_requests (account, until) WHERE answered_at IS NULL;
CREATE INDEX ciba_due ON ciba_requests (next_at, client) WHERE next_at IS NOT NULL;
CREATE INDEX ciba_by_time ON ciba_requests (until);
