-- The key store: each person's data key, wrapped by the master key, and who was erased.
CREATE TABLE data_keys (
    person TEXT PRIMARY KEY,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE erased_people (
    person TEXT PRIMARY KEY,
    erased_at BIGINT NOT NULL
);
