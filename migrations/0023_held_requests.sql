-- Who holds a machine's request, and whether a change was made in its name: what broke off before any is begun again by another
-- holder, whose changes alone count from then on. What was begun before has no holder and is never begun again.
ALTER TABLE machine_requests ADD COLUMN holder TEXT;
ALTER TABLE machine_requests ADD COLUMN changed BOOLEAN NOT NULL DEFAULT FALSE;

-- Where a webhook is told, sealed with the master key; `url` is empty beside it.
ALTER TABLE webhooks ADD COLUMN address BYTEA;
