-- Who outside is told of events, by signed requests. A delivery is written in the change its event tells of; it holds ids,
-- a kind and a time, and nothing personal. Secrets are sealed with the master key.

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    organisation TEXT NOT NULL REFERENCES organisations (id),
    url TEXT NOT NULL,
    topics TEXT NOT NULL,
    state TEXT NOT NULL,
    failing_since BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhooks_of_organisation ON webhooks (organisation, created_at);

CREATE TABLE webhook_secrets (
    id TEXT PRIMARY KEY,
    hook TEXT NOT NULL REFERENCES webhooks (id),
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_secrets_of_hook ON webhook_secrets (hook, created_at);

-- Of an event each hook hears once.
CREATE TABLE webhook_deliveries (
    hook TEXT NOT NULL REFERENCES webhooks (id),
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL,
    account TEXT,
    client TEXT,
    at BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    claimed_until BIGINT NOT NULL DEFAULT 0,
    done_at BIGINT,
    dead_at BIGINT,
    status BIGINT,
    failure TEXT,
    PRIMARY KEY (hook, event)
);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (hook, next_at, event)
    WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (at);
CREATE INDEX webhook_deliveries_of_hook ON webhook_deliveries (hook, at, event);
