-- What a signing key signs, and nothing else: `answers` (what apps read), `access` (access tokens) or `trail` (checkpoints).
-- Keys from before are those of the answers.
ALTER TABLE signing_keys ADD COLUMN used_for TEXT NOT NULL DEFAULT 'answers';

-- Whoever changes the keys holds this one row, so that several nodes rotate once.
CREATE TABLE key_turns (
    name TEXT PRIMARY KEY,
    taken_at BIGINT NOT NULL
);
