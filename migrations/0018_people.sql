-- What the console needs to enrol people. Only adds.

-- What was foreseen when a list of people was brought: counts as JSON, no names.
ALTER TABLE imports ADD COLUMN foreseen TEXT;

-- A form that invited somebody, by a keyed digest, so that the same one sent again invites nobody twice.
CREATE TABLE invitation_forms (
    form BYTEA PRIMARY KEY,
    account TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX invitation_forms_by_time ON invitation_forms (at);

-- Who may be reminded at a stage, whoever waits longest first.
CREATE INDEX enrolments_to_remind ON enrolments (stage, (COALESCE(reminded_at, 0)), number);

-- People whose supervised reset was carried out and who have not come back yet.
CREATE INDEX accounts_reset ON accounts (reset_at) WHERE reset_at IS NOT NULL;
