-- What machines asked for once: a key of their own, the digest of what they sent, and the sealed answer, for a day.

CREATE TABLE machine_requests (
    client TEXT NOT NULL,
    key BYTEA NOT NULL,
    body BYTEA NOT NULL,
    begun_at BIGINT NOT NULL,
    answer BYTEA,
    PRIMARY KEY (client, key)
);

CREATE INDEX machine_requests_by_age ON machine_requests (begun_at);
