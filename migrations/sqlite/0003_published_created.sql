-- The time of the change with which an entry was first shown to these audiences: createTimestamp. Kept while it stays shown, begun anew
-- when it comes back. What was shown before is taken as shown since its content last changed.
ALTER TABLE published ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
UPDATE published SET created = since;
