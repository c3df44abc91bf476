-- How many of the failures are certain: the number of the last attempt beyond the free ones that was looked at and wrong. What
-- is counted beyond that is being looked at, and may turn out right.
ALTER TABLE attempts ADD COLUMN settled BIGINT NOT NULL DEFAULT 0;
