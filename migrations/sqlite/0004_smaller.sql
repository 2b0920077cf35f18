-- The same truth in less room. Pages that become free are used again; the file itself does not shrink.

-- An activity is found by its person, and its id is kept as bytes: no index of its own, and half the id in what indexes are left.
CREATE TABLE smaller_activity (
    professional TEXT NOT NULL,
    id BLOB NOT NULL,                          -- model::activity_id, which is its hexadecimal
    profession TEXT NOT NULL,
    category TEXT NOT NULL,
    mode TEXT NOT NULL,
    structure TEXT NOT NULL,                   -- structure.id or ''
    sector TEXT NOT NULL,
    section TEXT NOT NULL,
    role TEXT NOT NULL,
    genre TEXT NOT NULL,
    PRIMARY KEY (professional, id)
) STRICT, WITHOUT ROWID;
INSERT INTO smaller_activity
SELECT professional, unhex(id), profession, category, mode, structure, sector, section, role, genre FROM activity
ORDER BY professional, id;
DROP TABLE activity;
ALTER TABLE smaller_activity RENAME TO activity;
CREATE INDEX activity_structure ON activity (structure);

-- The domain is what follows the @ of the address, and is not written a second time.
CREATE TABLE smaller_mailbox (
    address TEXT PRIMARY KEY,
    domain TEXT NOT NULL GENERATED ALWAYS AS (substr(address, instr(address, '@') + 1)) VIRTUAL,
    kind TEXT NOT NULL CHECK (kind IN ('PER', 'ORG', 'APP', 'CAB')),
    source TEXT NOT NULL CHECK (source IN ('extraction', 'operator')),
    operator TEXT,                             -- operator.id when source = 'operator'
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'unopened', 'closed')),
    test INTEGER NOT NULL,
    liste_rouge INTEGER NOT NULL,
    liste_rouge_held INTEGER NOT NULL DEFAULT 0,   -- set by an administrator: lifted by one only
    frozen INTEGER NOT NULL,
    zero_papier INTEGER,                       -- 1 accepted, 0 refused, null not stated
    phone TEXT NOT NULL,
    phone_opposed INTEGER NOT NULL,
    phone_opposed_held INTEGER NOT NULL DEFAULT 0, -- likewise
    responsible TEXT NOT NULL,                 -- never in a view
    service TEXT NOT NULL,
    description TEXT NOT NULL,
    rank INTEGER,
    in_extraction INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO smaller_mailbox (address, kind, source, operator, state, test, liste_rouge, liste_rouge_held, frozen, zero_papier, phone,
    phone_opposed, phone_opposed_held, responsible, service, description, rank, in_extraction, created_at, changed_at, closed_at)
SELECT address, kind, source, operator, state, test, liste_rouge, liste_rouge_held, frozen, zero_papier, phone, phone_opposed,
    phone_opposed_held, responsible, service, description, rank, in_extraction, created_at, changed_at, closed_at
FROM mailbox ORDER BY address;
DROP TABLE mailbox;
ALTER TABLE smaller_mailbox RENAME TO mailbox;
CREATE INDEX mailbox_domain ON mailbox (domain);
CREATE INDEX mailbox_operator ON mailbox (operator) WHERE operator IS NOT NULL;
