-- What the liste blanche does not say of an operator: its contract, its contacts (never public), its keys, the domains an administrator
-- gave it. Nothing of this is an import's to change.
CREATE TABLE operator_file (
    operator TEXT PRIMARY KEY REFERENCES operator (id),
    contract TEXT NOT NULL,                    -- reference of the contrat opérateur
    contract_from TEXT NOT NULL,               -- days, ISO; '' not known
    contract_to TEXT NOT NULL,
    contacts TEXT NOT NULL,                    -- JSON array of {role, name, email, phone}
    state_since INTEGER NOT NULL               -- when an administrator last set the state; 0: the liste blanche did
) STRICT, WITHOUT ROWID;
CREATE TABLE operator_key (
    id TEXT PRIMARY KEY,                       -- shown, for rotation and for the journal
    operator TEXT NOT NULL REFERENCES operator (id),
    label TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX operator_key_secret ON operator_key (secret_sha256);
CREATE INDEX operator_key_operator ON operator_key (operator);
-- Listed by an administrator: a liste blanche that does not hold such a domain does not unlist it.
CREATE TABLE domain_grant (domain TEXT PRIMARY KEY, operator TEXT NOT NULL, granted_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX domain_grant_operator ON domain_grant (operator);

-- What an account is for, beyond its audience: model::Role.
ALTER TABLE account ADD COLUMN role TEXT NOT NULL DEFAULT 'logiciel';

-- A mailbox as each publication and each flag left it. Erased with the mailbox.
CREATE TABLE mailbox_history (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    content TEXT NOT NULL,                     -- JSON of the mailbox
    batch TEXT                                 -- that wrote it
) STRICT;
CREATE INDEX mailbox_history_address ON mailbox_history (address);

-- Answers given under an Idempotency-Key, a day.
CREATE TABLE idempotency (
    operator TEXT NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,                     -- SHA-256 of method, path and body
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (operator, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

-- Batches, deltas and full states: the compte rendu d'alimentation, kept a year.
CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    arrival INTEGER NOT NULL,                  -- grows: order within a second, too
    mark INTEGER NOT NULL,                     -- last mailbox_history.id before it was received
    operator TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('batch', 'delta', 'full')),
    sequence INTEGER,                          -- of a delta
    digest BLOB NOT NULL,                      -- SHA-256 of the body
    dry_run INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'done', 'cancelled')),
    actor TEXT NOT NULL,                       -- JSON of who sent it
    received_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    total INTEGER NOT NULL,                    -- items
    done INTEGER NOT NULL,                     -- items of which the outcome is committed
    counters TEXT NOT NULL,                    -- JSON
    lines_left_out INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX batch_arrival ON batch (arrival);
CREATE INDEX batch_operator ON batch (operator, arrival);
CREATE UNIQUE INDEX batch_sequence ON batch (operator, sequence) WHERE sequence IS NOT NULL AND dry_run = 0;
CREATE INDEX batch_waiting ON batch (arrival) WHERE state = 'received';
-- What is left to do of a batch.
CREATE TABLE batch_item (
    batch TEXT NOT NULL,
    place INTEGER NOT NULL,                    -- from 1, in order
    line INTEGER NOT NULL,                     -- of the body; 0: what a full state does not hold
    body BLOB NOT NULL,
    PRIMARY KEY (batch, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE batch_line (
    batch TEXT NOT NULL,
    place INTEGER NOT NULL,
    report TEXT NOT NULL,                      -- JSON of one rejected or warned line
    PRIMARY KEY (batch, place)
) STRICT, WITHOUT ROWID;

-- What an operator is told of its mailboxes, and what is done when it does not answer.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY,
    operator TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('holder_left', 'domain_left', 'inactive')),
    since INTEGER NOT NULL,
    due INTEGER NOT NULL,                      -- then the mailbox is closed
    ended_at INTEGER                           -- its cause went, or it was carried out
) STRICT;
CREATE UNIQUE INDEX notice_open ON notice (address, kind) WHERE ended_at IS NULL;
CREATE INDEX notice_operator ON notice (operator, id);
