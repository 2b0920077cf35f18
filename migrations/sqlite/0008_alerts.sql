-- Lists for the health authority: who asked for which addresses and why. The addresses are in files under alerts/<id>/, kept 30 days.
CREATE TABLE alert (
    id TEXT PRIMARY KEY,                       -- 32 hexadecimal digits, drawn: nobody guesses it
    state TEXT NOT NULL CHECK (state IN ('awaiting_confirmation', 'ready', 'deleted')),
    actor TEXT NOT NULL,                       -- account that asked
    reason TEXT NOT NULL,
    reference TEXT NOT NULL,
    asked TEXT NOT NULL,                       -- JSON: filter, choice, fallback_org, columns
    recipients INTEGER NOT NULL,               -- lines of the list
    people INTEGER NOT NULL,                   -- professionals who match
    coverage TEXT NOT NULL,                    -- JSON of the report; '' once deleted
    digests TEXT NOT NULL,                     -- JSON: SHA-256 of the lines, by format
    created_at INTEGER NOT NULL,
    confirmed_by TEXT,
    confirmed_at INTEGER,
    deleted_at INTEGER                         -- its files went
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_created ON alert (created_at);
