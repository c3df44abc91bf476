-- How far each person has come with setting up, kept in the change that moves them; counts of it; and the words their
-- names are found by. Nothing here is personal in plain: `word` is a keyed digest, cut to 63 bits.

-- No foreign key: a program that knows nothing of this table may still erase an account.
-- `number` orders lists: the time the account was made, and bits of its id. `place_1` to `place_4` are the
-- organisations it lies in, from below the root downwards, empty where there are fewer.
CREATE TABLE enrolments (
    account TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    organisation TEXT NOT NULL,
    place_1 TEXT NOT NULL,
    place_2 TEXT NOT NULL,
    place_3 TEXT NOT NULL,
    place_4 TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    strongest TEXT NOT NULL,
    indexed BOOLEAN NOT NULL,
    activated_at BIGINT,
    factor_at BIGINT,
    spare_at BIGINT,
    ready_at BIGINT,
    reminded_at BIGINT,
    updated_at BIGINT NOT NULL
);
CREATE INDEX enrolments_by_number ON enrolments (number);
CREATE INDEX enrolments_by_stage ON enrolments (stage, number);
CREATE INDEX enrolments_by_role ON enrolments (role, number);
CREATE INDEX enrolments_by_state ON enrolments (state, number);
CREATE INDEX enrolments_by_strongest ON enrolments (strongest, number);
CREATE INDEX enrolments_of_place_1 ON enrolments (place_1, number);
CREATE INDEX enrolments_of_place_2 ON enrolments (place_2, number);
CREATE INDEX enrolments_of_place_3 ON enrolments (place_3, number);
CREATE INDEX enrolments_of_place_4 ON enrolments (place_4, number);
CREATE INDEX enrolments_to_index ON enrolments (number) WHERE indexed = FALSE;

-- Counts of the above; each is the sum over its shards, so that no row is written by everybody.
CREATE TABLE enrolment_counts (
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    strongest TEXT NOT NULL,
    shard BIGINT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (organisation, role, state, stage, strongest, shard)
);

CREATE TABLE name_words (
    word BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (word, number)
);
CREATE INDEX name_words_of_number ON name_words (number);
