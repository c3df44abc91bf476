-- What model a passkey or security key said it is when it was bound (its AAGUID), and whether its maker vouched for
-- that then. Nothing is known of keys that were bound before.
ALTER TABLE factors ADD COLUMN aaguid TEXT;
ALTER TABLE factors ADD COLUMN attested BOOLEAN;

-- The highest number of a FIDO metadata file that was read, by the fingerprint of the root that vouches for such files:
-- an older file does not come back.
CREATE TABLE metadata_files (
    root TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
