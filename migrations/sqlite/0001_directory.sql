-- The truth of the directory. Times are UTC seconds; texts are as the files give them, trimmed; '' means not given.
-- Everything is STRICT; booleans are 0/1 integers.

-- Single-row facts: store_id (random, carried by the index), list_loaded, applied editions are in import_file.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE professional (
    id TEXT PRIMARY KEY,                       -- identification nationale PP
    id_type TEXT NOT NULL,
    id_value TEXT NOT NULL,
    civility TEXT NOT NULL,
    exercise_civility TEXT NOT NULL,
    family TEXT NOT NULL,
    given TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('rpps', 'savoir_faire', 'mailbox')),
    closed_at INTEGER,                         -- vanished from Personne_activite
    replaces TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE exercise (
    professional TEXT NOT NULL,
    profession TEXT NOT NULL,
    category TEXT NOT NULL,
    PRIMARY KEY (professional, profession, category)
) STRICT, WITHOUT ROWID;

-- source 1: Personne_activite, 2: SavoirFaire. Readers take the highest source a professional has.
CREATE TABLE savoir_faire (
    professional TEXT NOT NULL,
    profession TEXT NOT NULL,
    category TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    source INTEGER NOT NULL CHECK (source IN (1, 2)),
    PRIMARY KEY (professional, source, profession, category, kind, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE activity (
    id TEXT PRIMARY KEY,                       -- model::activity_id
    professional TEXT NOT NULL,
    profession TEXT NOT NULL,
    category TEXT NOT NULL,
    mode TEXT NOT NULL,
    structure TEXT NOT NULL,                   -- structure.id or ''
    sector TEXT NOT NULL,
    section TEXT NOT NULL,
    role TEXT NOT NULL,
    genre TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_professional ON activity (professional);
CREATE INDEX activity_structure ON activity (structure);

CREATE TABLE structure (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    trade_name TEXT NOT NULL,
    siret TEXT NOT NULL,
    siren TEXT NOT NULL,
    finess TEXT NOT NULL,
    finess_ej TEXT NOT NULL,
    legacy_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    geographic TEXT NOT NULL,
    number TEXT NOT NULL,
    repetition TEXT NOT NULL,
    street_type TEXT NOT NULL,
    street TEXT NOT NULL,
    distribution TEXT NOT NULL,
    last_line TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    insee TEXT NOT NULL,
    city TEXT NOT NULL,
    country_code TEXT NOT NULL,
    country TEXT NOT NULL,
    department TEXT NOT NULL,
    phone TEXT NOT NULL,
    phone2 TEXT NOT NULL,
    fax TEXT NOT NULL,
    email TEXT NOT NULL,                       -- ordinary e-mail, never shown
    sector TEXT NOT NULL,
    in_rpps INTEGER NOT NULL,                  -- 0: known from the mailbox extraction only
    closed_at INTEGER
) STRICT, WITHOUT ROWID;

-- Every join of a mailbox to a structure goes through here. kind: model::StructureKeyKind.
CREATE TABLE structure_alias (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    structure TEXT NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX structure_alias_structure ON structure_alias (structure);

CREATE TABLE mailbox (
    address TEXT PRIMARY KEY,
    domain TEXT NOT NULL,
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
CREATE INDEX mailbox_domain ON mailbox (domain);
CREATE INDEX mailbox_operator ON mailbox (operator) WHERE operator IS NOT NULL;

CREATE TABLE attachment (
    mailbox TEXT NOT NULL,
    professional TEXT NOT NULL,                -- '' for none
    structure_kind TEXT NOT NULL,              -- structure_alias key, '' for none
    structure_value TEXT NOT NULL,
    service TEXT NOT NULL,
    PRIMARY KEY (mailbox, professional, structure_kind, structure_value, service)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_professional ON attachment (professional) WHERE professional <> '';
CREATE INDEX attachment_structure ON attachment (structure_kind, structure_value) WHERE structure_kind <> '';

CREATE TABLE operator (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('candidat', 'provisoire', 'valide', 'suspendu', 'resilie'))
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_certificate (
    dn_key TEXT PRIMARY KEY,                   -- model::DistinguishedName::key
    dn TEXT NOT NULL,
    operator TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_certificate_operator ON operator_certificate (operator);

CREATE TABLE domain (
    name TEXT PRIMARY KEY,
    description TEXT NOT NULL,
    listed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE domain_certificate (
    domain TEXT NOT NULL,
    dn_key TEXT NOT NULL,
    PRIMARY KEY (domain, dn_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_certificate_dn ON domain_certificate (dn_key);

CREATE TABLE account (
    name TEXT PRIMARY KEY,
    audience TEXT NOT NULL CHECK (audience IN ('public', 'professional')),
    secret_sha256 BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_secret ON account (secret_sha256);

-- Labels: learned from the files (learned = 1) or seeded from the published nomenclatures; a learned one wins.
CREATE TABLE label (
    nomenclature TEXT NOT NULL,
    code TEXT NOT NULL,
    label TEXT NOT NULL,
    learned INTEGER NOT NULL,
    PRIMARY KEY (nomenclature, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_run (
    id INTEGER PRIMARY KEY,
    -- applying: a plan is fixed and its slices are being applied; done. (A run never applied leaves no row.)
    state TEXT NOT NULL CHECK (state IN ('applying', 'done')),
    staging TEXT NOT NULL,                     -- file name under staging/
    planned INTEGER NOT NULL,                  -- rows of the plan
    applied INTEGER NOT NULL,                  -- rows of the plan already applied
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    report TEXT NOT NULL                       -- JSON of the import report
) STRICT;

CREATE TABLE import_file (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,                        -- personne_activite, savoir_faire, mailboxes, liste_blanche
    name TEXT NOT NULL,
    edition TEXT NOT NULL,                     -- 12 digits, Europe/Paris
    sha256 TEXT NOT NULL,
    rows_read INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    PRIMARY KEY (run, kind)
) STRICT, WITHOUT ROWID;

-- Rejected rows: 30 days, administrators only. excerpt: the bytes shortened, lossy UTF-8; '' where they may not be kept.
CREATE TABLE rejection (
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    line INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    excerpt TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX rejection_run ON rejection (run);

-- What happened, for the projection: a cause; the dependants are computed from the present state, so replay is harmless.
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER,                               -- import run, null for a publication or a flag
    kind TEXT NOT NULL CHECK (kind IN ('professional', 'structure', 'mailbox', 'domain', 'operator', 'label', 'all')),
    key TEXT NOT NULL,                         -- id; label: 'NOMENCLATURE|code'; all: ''
    withdraws INTEGER NOT NULL,                -- 1 when something may have to be hidden; 1 when in doubt
    at INTEGER NOT NULL
) STRICT;

-- Append-only journal: who did what.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL                       -- JSON: old and new values
) STRICT;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit WHEN old.at > unixepoch() - 315360000
BEGIN SELECT RAISE(ABORT, 'audit is kept ten years'); END;

-- What is published, by entry ('m:address', 'p:id', 's:id') and set of audiences (bits of Audience::bit).
CREATE TABLE published (
    entry TEXT NOT NULL,
    audiences INTEGER NOT NULL,
    digest BLOB NOT NULL,
    since INTEGER NOT NULL,                    -- time of the change that last altered the digest
    gone INTEGER,                              -- time of the change that withdrew it
    PRIMARY KEY (entry, audiences)
) STRICT, WITHOUT ROWID;
