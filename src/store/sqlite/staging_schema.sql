-- Staging database of one import: everything distinct that its files say (c_ = candidate contents, one row a distinct content).
-- Winners (n_), the predicted links (t_), the difference (put_, gone_) and the plan are added by the plan_*.sql scripts.
-- file: 1 Personne_activite, 2 SavoirFaire, 5 mailbox extraction, 9 liste blanche; a lower number wins where files overlap.

CREATE TABLE file (
    kind TEXT PRIMARY KEY, name TEXT NOT NULL, edition TEXT NOT NULL, sha256 TEXT NOT NULL,
    rows_read INTEGER NOT NULL, accepted INTEGER NOT NULL, duplicate INTEGER NOT NULL, rejected INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: which files this import holds. Every statement about what vanished asks it, so that a file closes only what it owns.
CREATE TABLE present (f1 INTEGER NOT NULL, f2 INTEGER NOT NULL, f5 INTEGER NOT NULL, f9 INTEGER NOT NULL) STRICT;

CREATE TABLE c_person (
    file INTEGER NOT NULL, id TEXT NOT NULL, id_type TEXT NOT NULL, id_value TEXT NOT NULL, civility TEXT NOT NULL,
    exercise_civility TEXT NOT NULL, family TEXT NOT NULL, given TEXT NOT NULL
) STRICT;
CREATE TABLE c_exercise (file INTEGER NOT NULL, professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL) STRICT;
CREATE TABLE c_savoir_faire (
    file INTEGER NOT NULL, professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL,
    kind TEXT NOT NULL, code TEXT NOT NULL
) STRICT;
CREATE TABLE c_activity (
    file INTEGER NOT NULL, id TEXT NOT NULL, professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL,
    mode TEXT NOT NULL, structure TEXT NOT NULL, sector TEXT NOT NULL, section TEXT NOT NULL, role TEXT NOT NULL, genre TEXT NOT NULL
) STRICT;
-- key_kind, key_value: the key a row of the mailbox file names its structure by; '' in file 1, whose ids are its own.
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
CREATE TABLE c_structure_key (file INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, structure TEXT NOT NULL) STRICT;
CREATE TABLE c_mailbox (
    file INTEGER NOT NULL, address TEXT NOT NULL, domain TEXT NOT NULL, kind TEXT NOT NULL, test INTEGER NOT NULL, zero_papier INTEGER,
    service TEXT NOT NULL                      -- of rows that name no structure to carry it
) STRICT;
CREATE TABLE c_attachment (
    file INTEGER NOT NULL, mailbox TEXT NOT NULL, professional TEXT NOT NULL, structure_kind TEXT NOT NULL,
    structure_value TEXT NOT NULL, service TEXT NOT NULL
) STRICT;
CREATE TABLE c_label (file INTEGER NOT NULL, nomenclature TEXT NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL) STRICT;
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
