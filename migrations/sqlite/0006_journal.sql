-- The journal as a proof: rows that stay and are chained, what they say beside them, and the heads of the days.
-- The rows of table audit are carried over when the store is opened, because SQLite does not hash; that table goes then.

-- chain: SHA-256(chain of the row before, or 32 zero bytes; id and at as 8 bytes, most significant first; day; payload_digest).
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,                    -- consecutive, from 1
    at INTEGER NOT NULL,
    day TEXT NOT NULL,                         -- Europe/Paris; never before that of the row before, whatever the clock says
    payload_digest BLOB NOT NULL CHECK (length(payload_digest) = 32), -- SHA-256(salt, payload)
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE TRIGGER journal_is_append_only_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_append_only_delete BEFORE DELETE ON journal WHEN old.at > unixepoch('now', '-10 years')
BEGIN SELECT RAISE(ABORT, 'the journal is kept ten years'); END;

-- What a row says. Without it the digest says nothing, because the salt is gone too: erasing it is lawful and leaves the chain whole.
CREATE TABLE journal_payload (
    id INTEGER PRIMARY KEY,
    salt BLOB NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    payload TEXT NOT NULL                      -- canonical JSON of the whole entry; what stands in columns is repeated from it
) STRICT;
CREATE INDEX journal_payload_object ON journal_payload (object);
CREATE TRIGGER journal_payload_is_not_changed BEFORE UPDATE ON journal_payload
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Written with the first row of a later day; stays when the rows of the day are cut, so that the chain goes on from its head.
CREATE TABLE journal_day (
    day TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    head BLOB NOT NULL,                        -- chain of the row `last`
    -- What that row was made of: with the day they give the head, so that a head proves its day when its rows are cut.
    previous BLOB NOT NULL,
    at INTEGER NOT NULL,
    payload_digest BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER journal_day_is_append_only_update BEFORE UPDATE ON journal_day
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_day_is_append_only_delete BEFORE DELETE ON journal_day
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- What the machine did by itself: one year, and not chained.
CREATE TABLE technical_trace (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL                       -- JSON
) STRICT;
