-- The difference for mailboxes, labels and the liste blanche. Rows of source 'operator' are never in it.

CREATE TABLE put_mailbox (address TEXT PRIMARY KEY, effect TEXT NOT NULL, withdraws INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO put_mailbox
SELECT n.address,
       CASE WHEN s.address IS NULL THEN 'created' WHEN s.state = 'closed' AND NOT s.in_extraction THEN 'reopened' ELSE 'changed' END,
       coalesce(s.kind <> n.kind OR s.test <> n.test, 0)
FROM n_mailbox n LEFT JOIN store.mailbox s ON s.address = n.address
WHERE s.address IS NULL
   OR (s.source = 'extraction'
       AND (n.kind, n.test, n.zero_papier, n.service, 1) IS NOT
           (s.kind, s.test, s.zero_papier, s.service, s.in_extraction));

CREATE TABLE put_attachment (
    mailbox TEXT NOT NULL, professional TEXT NOT NULL, structure_kind TEXT NOT NULL, structure_value TEXT NOT NULL, service TEXT NOT NULL,
    PRIMARY KEY (mailbox, professional, structure_kind, structure_value, service)
) STRICT, WITHOUT ROWID;
INSERT INTO put_attachment
SELECT n.* FROM n_attachment n LEFT JOIN store.mailbox m ON m.address = n.mailbox
WHERE m.source IS NOT 'operator'
  AND NOT EXISTS (SELECT 1 FROM store.attachment s
                  WHERE s.mailbox = n.mailbox AND s.professional = n.professional AND s.structure_kind = n.structure_kind
                    AND s.structure_value = n.structure_value AND s.service = n.service);
CREATE TABLE gone_attachment (
    mailbox TEXT NOT NULL, professional TEXT NOT NULL, structure_kind TEXT NOT NULL, structure_value TEXT NOT NULL, service TEXT NOT NULL,
    PRIMARY KEY (mailbox, professional, structure_kind, structure_value, service)
) STRICT, WITHOUT ROWID;
INSERT INTO gone_attachment
SELECT s.mailbox, s.professional, s.structure_kind, s.structure_value, s.service
FROM d_attachment s CROSS JOIN store.mailbox m ON m.address = s.mailbox
WHERE m.source = 'extraction' AND EXISTS (SELECT 1 FROM n_mailbox n WHERE n.address = s.mailbox)
  AND NOT EXISTS (SELECT 1 FROM n_attachment n
                  WHERE n.mailbox = s.mailbox AND n.professional = s.professional AND n.structure_kind = s.structure_kind
                    AND n.structure_value = s.structure_value AND n.service = s.service)
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 5 AND p.key = s.mailbox);

-- kept: under an administrator's flag or freeze; it leaves the extraction without being closed.
CREATE TABLE gone_mailbox (address TEXT PRIMARY KEY, effect TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO gone_mailbox
SELECT s.address, CASE WHEN s.liste_rouge OR s.frozen THEN 'kept' ELSE 'closed' END
FROM d_mailbox s
WHERE (SELECT f5 FROM present) AND s.source = 'extraction' AND s.state <> 'closed'
  AND (s.in_extraction OR NOT (s.liste_rouge OR s.frozen))
  AND NOT EXISTS (SELECT 1 FROM n_mailbox n WHERE n.address = s.address)
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 5 AND p.key = s.address);

-- confirmed: the same words from a better file; nothing to project. A row of the mailbox file may be hidden at any time: it names codes
-- that nothing else names, and renames none.
CREATE TABLE put_label (
    key TEXT PRIMARY KEY, nomenclature TEXT NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL, learned INTEGER NOT NULL,
    effect TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO put_label
SELECT n.nomenclature || '|' || n.code, n.nomenclature, n.code, n.label, n.learned,
       CASE WHEN s.code IS NULL THEN 'created' WHEN s.label = n.label THEN 'confirmed' ELSE 'changed' END
FROM n_label n LEFT JOIN store.label s ON s.nomenclature = n.nomenclature AND s.code = n.code
WHERE s.code IS NULL OR n.learned > max(s.learned, 1) OR (n.learned = s.learned AND n.label <> s.label);

CREATE TABLE put_operator (id TEXT PRIMARY KEY, effect TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO put_operator
SELECT n.id, CASE WHEN s.id IS NULL THEN 'created' ELSE 'changed' END
FROM n_operator n LEFT JOIN store.operator s ON s.id = n.id WHERE s.name IS NOT n.name;
CREATE TABLE put_certificate (dn_key TEXT PRIMARY KEY, operator TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO put_certificate
SELECT n.dn_key, n.operator FROM n_certificate n LEFT JOIN store.operator_certificate s ON s.dn_key = n.dn_key
WHERE (n.dn, n.operator) IS NOT (s.dn, s.operator);
-- Certificates that came with a domain of the list and are in it no more; others (of a candidate operator) are not the list's.
CREATE TABLE gone_certificate (dn_key TEXT PRIMARY KEY, operator TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO gone_certificate
SELECT s.dn_key, s.operator FROM store.operator_certificate s
WHERE (SELECT f9 FROM present) AND NOT EXISTS (SELECT 1 FROM n_certificate n WHERE n.dn_key = s.dn_key)
  AND EXISTS (SELECT 1 FROM store.domain_certificate d WHERE d.dn_key = s.dn_key)
  AND NOT EXISTS (SELECT 1 FROM store.domain_certificate d JOIN store.domain_grant g ON g.domain = d.domain WHERE d.dn_key = s.dn_key)
  AND NOT EXISTS (SELECT 1 FROM store.domain_certificate d JOIN protected p ON p.file = 9 AND p.key = d.domain WHERE d.dn_key = s.dn_key);

CREATE TABLE put_domain (name TEXT PRIMARY KEY, effect TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO put_domain
SELECT n.name, CASE WHEN s.name IS NULL THEN 'created' WHEN NOT s.listed THEN 'reopened' ELSE 'changed' END
FROM n_domain n LEFT JOIN store.domain s ON s.name = n.name WHERE (n.description, 1) IS NOT (s.description, s.listed);
CREATE TABLE gone_domain (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO gone_domain
SELECT s.name FROM store.domain s
WHERE (SELECT f9 FROM present) AND s.listed AND NOT EXISTS (SELECT 1 FROM n_domain n WHERE n.name = s.name)
  AND NOT EXISTS (SELECT 1 FROM store.domain_grant g WHERE g.domain = s.name)
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 9 AND p.key = s.name);
CREATE TABLE put_domain_certificate (domain TEXT NOT NULL, dn_key TEXT NOT NULL, PRIMARY KEY (domain, dn_key)) STRICT, WITHOUT ROWID;
INSERT INTO put_domain_certificate
SELECT n.domain, n.dn_key FROM n_domain_certificate n
WHERE NOT EXISTS (SELECT 1 FROM store.domain_certificate s WHERE s.domain = n.domain AND s.dn_key = n.dn_key);
CREATE TABLE gone_domain_certificate (domain TEXT NOT NULL, dn_key TEXT NOT NULL, PRIMARY KEY (domain, dn_key)) STRICT, WITHOUT ROWID;
INSERT INTO gone_domain_certificate
SELECT s.domain, s.dn_key FROM store.domain_certificate s
WHERE (SELECT f9 FROM present)
  AND NOT EXISTS (SELECT 1 FROM n_domain_certificate n WHERE n.domain = s.domain AND n.dn_key = s.dn_key)
  AND NOT EXISTS (SELECT 1 FROM store.domain_grant g WHERE g.domain = s.domain)
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 9 AND p.key = s.domain);
