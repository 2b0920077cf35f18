-- Winners within the liste blanche, whatever the order of its entries. Those of the other files are picked before they are staged, see
-- winners.rs.

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
