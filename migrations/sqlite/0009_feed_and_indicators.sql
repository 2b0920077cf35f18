-- What is shown of an entry changed for these audiences (bits of Audience::bit): one row for each change, in the transaction of the
-- `published` rows. No content: who reads the feed is told what is shown now. 90 days.
CREATE TABLE feed (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    entry TEXT NOT NULL,                       -- as in `published`
    audiences INTEGER NOT NULL,
    at INTEGER NOT NULL                        -- when it was written
) STRICT;
CREATE INDEX feed_at ON feed (at);
-- `told`: rows up to it are in the live index, and may be told. `forgotten_<bit>`: the last row an audience was shown that is not kept any
-- more; who stands before it starts again.
CREATE TABLE feed_mark (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO feed_mark VALUES ('told', 0), ('forgotten_1', 0), ('forgotten_2', 0);

-- What operators say was exchanged: three months as it came, then by month without an address.
CREATE TABLE exchange (
    n INTEGER PRIMARY KEY,
    operator TEXT NOT NULL,
    address TEXT NOT NULL,
    at INTEGER NOT NULL,                       -- UTC seconds
    sent INTEGER NOT NULL,                     -- 1 sent, 0 received
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX exchange_at ON exchange (at);
-- Deposits taken, so that one that is sent again counts once; as long as their rows. `digest` is of the body and the operator.
CREATE TABLE exchange_deposit (
    operator TEXT NOT NULL,
    key TEXT NOT NULL,                         -- Idempotency-Key, or the digest in hexadecimal
    digest BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (operator, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX exchange_deposit_received ON exchange_deposit (received_at);
CREATE TABLE exchange_month (
    month TEXT NOT NULL,                       -- Europe/Paris, 2026-11
    operator TEXT NOT NULL,
    domain TEXT NOT NULL,
    sent INTEGER NOT NULL,
    shown INTEGER NOT NULL,                    -- 1: by mailboxes that the public was shown when this was counted
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    active_mailboxes INTEGER NOT NULL,
    PRIMARY KEY (month, operator, domain, sent, shown)
) STRICT, WITHOUT ROWID;

-- Figures of a day (Europe/Paris). `scope`: public counts what the public sees; full is for the health authority and administrators.
-- What is 0 has no row. A count that may not be told is not kept either: it is null.
CREATE TABLE indicator (
    day TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('public', 'full')),
    cut TEXT NOT NULL,
    key TEXT NOT NULL,
    measure TEXT NOT NULL,
    value INTEGER,
    PRIMARY KEY (scope, day, cut, key, measure)
) STRICT, WITHOUT ROWID;
