-- Whom a directory keeps here by SCIM: under which id of its own, as a keyed digest and sealed with the person's key, and
-- whether it said that they left.

CREATE TABLE scim_people (
    client TEXT NOT NULL,
    account TEXT NOT NULL,
    external BYTEA,
    sealed BYTEA,
    left_at BIGINT,
    PRIMARY KEY (client, account)
);
CREATE UNIQUE INDEX scim_people_external ON scim_people (client, external);
CREATE INDEX scim_people_account ON scim_people (account);
