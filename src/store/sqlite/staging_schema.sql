-- Staging database of one import: the winners of what its files say (n_), and where the store has a word in it, candidate contents
-- (c_, one row a distinct content). The predicted links (t_), the difference (put_, gone_) and the plan are added by the plan_*.sql
-- scripts.
-- file: 1 Personne_activite, 2 SavoirFaire, 5 mailbox extraction, 9 liste blanche; a lower number wins where files overlap.

CREATE TABLE file (
    kind TEXT PRIMARY KEY, name TEXT NOT NULL, edition TEXT NOT NULL, sha256 TEXT NOT NULL,
    rows_read INTEGER NOT NULL, accepted INTEGER NOT NULL, duplicate INTEGER NOT NULL, rejected INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The liste blanche as it came (see list_versions.rs).
CREATE TABLE list_version (
    sha256 TEXT PRIMARY KEY, generated INTEGER NOT NULL, signer TEXT NOT NULL, signed INTEGER NOT NULL, entries INTEGER NOT NULL,
    bytes INTEGER NOT NULL, document BLOB NOT NULL
) STRICT;

-- One row: which files this import holds. Every statement about what vanished asks it, so that a file closes only what it owns.
CREATE TABLE present (f1 INTEGER NOT NULL, f2 INTEGER NOT NULL, f5 INTEGER NOT NULL, f9 INTEGER NOT NULL) STRICT;

-- Of the file that a person's words come from.
CREATE TABLE c_exercise (file INTEGER NOT NULL, professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL) STRICT;
-- Of the mailbox file. key_kind, key_value: what a row names its structure by.
CREATE TABLE c_structure (
    file INTEGER NOT NULL, key_kind TEXT NOT NULL, key_value TEXT NOT NULL, id TEXT NOT NULL,
    name TEXT NOT NULL, trade_name TEXT NOT NULL, siret TEXT NOT NULL, siren TEXT NOT NULL, finess TEXT NOT NULL, finess_ej TEXT NOT NULL,
    legacy_id TEXT NOT NULL, recipient TEXT NOT NULL, geographic TEXT NOT NULL, number TEXT NOT NULL, repetition TEXT NOT NULL,
    street_type TEXT NOT NULL, street TEXT NOT NULL, distribution TEXT NOT NULL, last_line TEXT NOT NULL, postal_code TEXT NOT NULL,
    insee TEXT NOT NULL, city TEXT NOT NULL, country_code TEXT NOT NULL, country TEXT NOT NULL, department TEXT NOT NULL,
    phone TEXT NOT NULL, phone2 TEXT NOT NULL, fax TEXT NOT NULL, email TEXT NOT NULL, sector TEXT NOT NULL,
    filled INTEGER GENERATED ALWAYS AS (
        (name <> '') + (trade_name <> '') + (siret <> '') + (siren <> '') + (finess <> '') + (finess_ej <> '') + (legacy_id <> '')
        + (recipient <> '') + (geographic <> '') + (number <> '') + (repetition <> '') + (street_type <> '') + (street <> '')
        + (distribution <> '') + (last_line <> '') + (postal_code <> '') + (insee <> '') + (city <> '') + (country_code <> '')
        + (country <> '') + (department <> '') + (phone <> '') + (phone2 <> '') + (fax <> '') + (email <> '') + (sector <> '')),
    content TEXT GENERATED ALWAYS AS (
        json_array(name, trade_name, siret, siren, finess, finess_ej, legacy_id, recipient, geographic, number, repetition, street_type,
                   street, distribution, last_line, postal_code, insee, city, country_code, country, department, phone, phone2, fax,
                   email, sector))
) STRICT;
CREATE TABLE n_person (
    id TEXT PRIMARY KEY, file INTEGER NOT NULL, origin TEXT NOT NULL, id_type TEXT NOT NULL, id_value TEXT NOT NULL, civility TEXT NOT NULL,
    exercise_civility TEXT NOT NULL, family TEXT NOT NULL, given TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- source is the file: 1 or 2.
CREATE TABLE n_savoir_faire (
    professional TEXT NOT NULL, source INTEGER NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, kind TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (professional, source, profession, category, kind, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE n_activity (
    professional TEXT NOT NULL, id TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, mode TEXT NOT NULL,
    structure TEXT NOT NULL, sector TEXT NOT NULL, section TEXT NOT NULL, role TEXT NOT NULL, genre TEXT NOT NULL,
    PRIMARY KEY (professional, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE n_mailbox (
    address TEXT PRIMARY KEY, kind TEXT NOT NULL, test INTEGER NOT NULL, zero_papier INTEGER, service TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE n_attachment (
    mailbox TEXT NOT NULL, professional TEXT NOT NULL, structure_kind TEXT NOT NULL, structure_value TEXT NOT NULL, service TEXT NOT NULL,
    PRIMARY KEY (mailbox, professional, structure_kind, structure_value, service)
) STRICT, WITHOUT ROWID;
-- learned tells which file taught a label (3: file 1, 2: file 2, 1: the mailbox file).
CREATE TABLE n_label (
    nomenclature TEXT NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL, learned INTEGER NOT NULL, PRIMARY KEY (nomenclature, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE n_alias (
    kind TEXT NOT NULL, value TEXT NOT NULL, structure TEXT NOT NULL, PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE n_structure (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, trade_name TEXT NOT NULL, siret TEXT NOT NULL, siren TEXT NOT NULL, finess TEXT NOT NULL,
    finess_ej TEXT NOT NULL, legacy_id TEXT NOT NULL, recipient TEXT NOT NULL, geographic TEXT NOT NULL, number TEXT NOT NULL,
    repetition TEXT NOT NULL, street_type TEXT NOT NULL, street TEXT NOT NULL, distribution TEXT NOT NULL, last_line TEXT NOT NULL,
    postal_code TEXT NOT NULL, insee TEXT NOT NULL, city TEXT NOT NULL, country_code TEXT NOT NULL, country TEXT NOT NULL,
    department TEXT NOT NULL, phone TEXT NOT NULL, phone2 TEXT NOT NULL, fax TEXT NOT NULL, email TEXT NOT NULL, sector TEXT NOT NULL,
    in_rpps INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE c_domain (file INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL) STRICT;
CREATE TABLE c_operator (file INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE c_certificate (file INTEGER NOT NULL, dn_key TEXT NOT NULL, dn TEXT NOT NULL, operator TEXT NOT NULL) STRICT;
CREATE TABLE c_domain_certificate (file INTEGER NOT NULL, domain TEXT NOT NULL, dn_key TEXT NOT NULL) STRICT;

-- Keys of rejected rows whose key could be read: nothing of theirs is closed by that file.
CREATE TABLE protected (file INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (file, key)) STRICT, WITHOUT ROWID;

CREATE TABLE rejection (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, line INTEGER NOT NULL, column_name TEXT NOT NULL, reason TEXT NOT NULL,
    excerpt TEXT NOT NULL
) STRICT;

-- Where only a part of the store is compared (see plan_scope.sql): a row here, with the rows of the mailbox file outside that part
-- whose mailbox is an operator's; and what is compared.
CREATE TABLE scoped (held INTEGER NOT NULL) STRICT;
CREATE TABLE scope_person (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE scope_structure (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE scope_key (kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
CREATE TABLE scope_mailbox (address TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
