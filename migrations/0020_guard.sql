-- Since when people have a `sub` at an app: its sector stays from then on. Who was here before may have any number.
ALTER TABLE clients ADD COLUMN named_at BIGINT;
UPDATE clients SET named_at = created_at;

-- How high whoever disabled an app stands: nobody below lets it go on. What was disabled before, nobody knows by whom.
ALTER TABLE clients ADD COLUMN disabled_rank BIGINT;
