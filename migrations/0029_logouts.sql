-- Apps that are told of a session's end by a signed token (OpenID Connect Back-Channel Logout 1.0). A row is written in the
-- change that ends the session. `sub` is the app's own name for the person, and goes when the app was told or given up.

CREATE TABLE logouts (
    session TEXT NOT NULL,
    client TEXT NOT NULL,
    sub TEXT,
    ended_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    tried_at BIGINT,
    done_at BIGINT,
    dead_at BIGINT,
    status BIGINT,
    failure TEXT,
    PRIMARY KEY (session, client)
);
CREATE INDEX logouts_due ON logouts (next_at, client) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX logouts_waiting ON logouts (client, next_at, session) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX logouts_failed ON logouts (client, tried_at) WHERE failure IS NOT NULL;
CREATE INDEX logouts_dead ON logouts (client, dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX logouts_told ON logouts (client, done_at) WHERE done_at IS NOT NULL;
CREATE INDEX logouts_by_time ON logouts (ended_at);
