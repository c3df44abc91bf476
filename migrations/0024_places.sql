-- An organisation's events of a kind, the newest first: whoever looks for them reads no other organisation's.
CREATE INDEX events_by_place_and_kind ON events (organisation, kind, at, id);

-- Who said go to a list, and when: it goes on only while they may, and while nothing of theirs was ended since. Of lists that
-- were begun before, nobody knows.
ALTER TABLE imports ADD COLUMN begun_by TEXT;
ALTER TABLE imports ADD COLUMN begun_at BIGINT;
