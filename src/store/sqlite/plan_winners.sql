-- Winners within the files, whatever the order of the rows: the content with more filled fields, then the smallest in byte order.
-- Between files the lower number wins. conflict counts the keys that one file gives two contents or more.

CREATE TABLE conflict (file INTEGER NOT NULL, thing TEXT NOT NULL, keys INTEGER NOT NULL) STRICT;

CREATE TABLE n_person (
    id TEXT PRIMARY KEY, file INTEGER NOT NULL, origin TEXT NOT NULL, id_type TEXT NOT NULL, id_value TEXT NOT NULL, civility TEXT NOT NULL,
    exercise_civility TEXT NOT NULL, family TEXT NOT NULL, given TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO n_person
SELECT id, file, CASE file WHEN 1 THEN 'rpps' WHEN 2 THEN 'savoir_faire' ELSE 'mailbox' END,
       id_type, id_value, civility, exercise_civility, family, given
FROM (SELECT *, row_number() OVER (
        PARTITION BY id
        ORDER BY file, (civility <> '') + (exercise_civility <> '') + (family <> '') + (given <> '') + (id_value <> '') DESC,
                 family, given, civility, exercise_civility, id_type, id_value) AS place
      FROM c_person)
WHERE place = 1;
INSERT INTO conflict
SELECT file, 'professional', count(*) FROM (SELECT file FROM c_person GROUP BY file, id HAVING count(*) > 1) GROUP BY file;

-- source is the file: 1 or 2.
CREATE TABLE n_savoir_faire (
    professional TEXT NOT NULL, source INTEGER NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, kind TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (professional, source, profession, category, kind, code)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO n_savoir_faire
SELECT professional, file, profession, category, kind, code FROM c_savoir_faire ORDER BY professional, file;

CREATE TABLE n_activity (
    id TEXT PRIMARY KEY, professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, mode TEXT NOT NULL,
    structure TEXT NOT NULL, sector TEXT NOT NULL, section TEXT NOT NULL, role TEXT NOT NULL, genre TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO n_activity
SELECT id, professional, profession, category, mode, structure, sector, section, role, genre FROM c_activity ORDER BY id;

CREATE TABLE n_mailbox (
    address TEXT PRIMARY KEY, domain TEXT NOT NULL, kind TEXT NOT NULL, test INTEGER NOT NULL, zero_papier INTEGER, service TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO n_mailbox
SELECT address, domain, kind, test, zero_papier, service
FROM (SELECT *, row_number() OVER (
        PARTITION BY address ORDER BY (zero_papier IS NULL) + (service = ''), kind, zero_papier, service) AS place
      FROM c_mailbox)
WHERE place = 1;
INSERT INTO conflict
SELECT 5, 'mailbox', count(*)
FROM (SELECT 1 FROM c_mailbox GROUP BY address HAVING count(DISTINCT kind || coalesce(zero_papier, '')) > 1) HAVING count(*) > 0;

CREATE TABLE n_attachment (
    mailbox TEXT NOT NULL, professional TEXT NOT NULL, structure_kind TEXT NOT NULL, structure_value TEXT NOT NULL, service TEXT NOT NULL,
    PRIMARY KEY (mailbox, professional, structure_kind, structure_value, service)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO n_attachment
SELECT mailbox, professional, structure_kind, structure_value, service FROM c_attachment ORDER BY mailbox;

-- learned tells which file taught a label (3: file 1, 2: file 2, 1: the mailbox file), so that the order of imports does not matter.
CREATE TABLE n_label (
    nomenclature TEXT NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL, learned INTEGER NOT NULL, PRIMARY KEY (nomenclature, code)
) STRICT, WITHOUT ROWID;
INSERT INTO n_label
SELECT nomenclature, code, label, CASE file WHEN 1 THEN 3 WHEN 2 THEN 2 ELSE 1 END
FROM (SELECT *, row_number() OVER (PARTITION BY nomenclature, code ORDER BY file, label) AS place FROM c_label)
WHERE place = 1;
INSERT INTO conflict
SELECT file, 'label', count(*) FROM (SELECT file FROM c_label GROUP BY file, nomenclature, code HAVING count(*) > 1) GROUP BY file;

-- A FINESS EJ or a SIREN stands for a legal entity: it names a structure only when a single one carries it.
CREATE TABLE n_alias (
    kind TEXT NOT NULL, value TEXT NOT NULL, structure TEXT NOT NULL, PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
INSERT INTO n_alias
SELECT kind, value, min(structure) FROM c_structure_key WHERE file = 1
GROUP BY kind, value HAVING min(structure) = max(structure) OR kind NOT IN ('finess_ej', 'siren');
INSERT INTO conflict
SELECT 1, 'alias', count(*)
FROM (SELECT 1 FROM c_structure_key WHERE file = 1 AND kind NOT IN ('finess_ej', 'siren')
      GROUP BY kind, value HAVING min(structure) <> max(structure))
HAVING count(*) > 0;

CREATE TABLE n_structure (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, trade_name TEXT NOT NULL, siret TEXT NOT NULL, siren TEXT NOT NULL, finess TEXT NOT NULL,
    finess_ej TEXT NOT NULL, legacy_id TEXT NOT NULL, recipient TEXT NOT NULL, geographic TEXT NOT NULL, number TEXT NOT NULL,
    repetition TEXT NOT NULL, street_type TEXT NOT NULL, street TEXT NOT NULL, distribution TEXT NOT NULL, last_line TEXT NOT NULL,
    postal_code TEXT NOT NULL, insee TEXT NOT NULL, city TEXT NOT NULL, country_code TEXT NOT NULL, country TEXT NOT NULL,
    department TEXT NOT NULL, phone TEXT NOT NULL, phone2 TEXT NOT NULL, fax TEXT NOT NULL, email TEXT NOT NULL, sector TEXT NOT NULL,
    in_rpps INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO n_structure
SELECT id, name, trade_name, siret, siren, finess, finess_ej, legacy_id, recipient, geographic, number, repetition, street_type, street,
       distribution, last_line, postal_code, insee, city, country_code, country, department, phone, phone2, fax, email, sector, 1
FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY filled DESC, content) AS place FROM c_structure WHERE file = 1)
WHERE place = 1;
INSERT INTO conflict
SELECT file, 'structure', count(*)
FROM (SELECT file FROM c_structure GROUP BY file, key_kind, key_value, CASE file WHEN 1 THEN id ELSE '' END HAVING count(*) > 1)
GROUP BY file;

CREATE TABLE n_domain (name TEXT PRIMARY KEY, description TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO n_domain
SELECT name, description
FROM (SELECT *, row_number() OVER (PARTITION BY name ORDER BY description = '', description) AS place FROM c_domain) WHERE place = 1;
CREATE TABLE n_operator (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO n_operator
SELECT id, name
FROM (SELECT *, row_number() OVER (PARTITION BY id ORDER BY name = '', name) AS place FROM c_operator) WHERE place = 1;
CREATE TABLE n_certificate (dn_key TEXT PRIMARY KEY, dn TEXT NOT NULL, operator TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO n_certificate
SELECT dn_key, dn, operator
FROM (SELECT *, row_number() OVER (PARTITION BY dn_key ORDER BY dn, operator) AS place FROM c_certificate) WHERE place = 1;
CREATE TABLE n_domain_certificate (domain TEXT NOT NULL, dn_key TEXT NOT NULL, PRIMARY KEY (domain, dn_key)) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO n_domain_certificate SELECT domain, dn_key FROM c_domain_certificate;
