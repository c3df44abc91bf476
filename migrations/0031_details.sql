-- What a person agreed to beyond scopes (RFC 9396) is remembered by what stands for it: the very same is not asked again.

ALTER TABLE consents ADD COLUMN details BYTEA;
