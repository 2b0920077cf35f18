-- The difference between what the files say and the store (attached read-only as `store`): put_ what to write, gone_ what leaves.
-- Only imports write people, structures, aliases and labels, and only one import runs, so this part of the difference is exact;
-- mailboxes are decided again when a slice applies them.

-- Links as they will stand: attachments of the file, and those of the store that the file does not replace.
CREATE TABLE t_attachment (
    mailbox TEXT NOT NULL, professional TEXT NOT NULL, structure_kind TEXT NOT NULL, structure_value TEXT NOT NULL
) STRICT;
INSERT INTO t_attachment
SELECT a.mailbox, a.professional, a.structure_kind, a.structure_value
FROM n_attachment a LEFT JOIN store.mailbox m ON m.address = a.mailbox WHERE m.source IS NOT 'operator';
INSERT INTO t_attachment
SELECT a.mailbox, a.professional, a.structure_kind, a.structure_value
FROM d_attachment a CROSS JOIN store.mailbox m ON m.address = a.mailbox
WHERE CASE
      -- An extraction mailbox that is not compared stands in the file, unless it left it under a flag.
      WHEN m.source = 'extraction' AND EXISTS (SELECT 1 FROM scoped)
           AND NOT EXISTS (SELECT 1 FROM scope_mailbox k WHERE k.address = a.mailbox)
      THEN m.in_extraction OR m.state <> 'closed'
      ELSE m.state <> 'closed'
           AND (NOT (SELECT f5 FROM present) OR m.source = 'operator'
                OR EXISTS (SELECT 1 FROM protected p WHERE p.file = 5 AND p.key = a.mailbox)
                OR ((m.liste_rouge OR m.frozen) AND NOT EXISTS (SELECT 1 FROM n_mailbox n WHERE n.address = a.mailbox)))
      END;
CREATE INDEX t_attachment_professional ON t_attachment (professional);
CREATE TABLE t_key (kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO t_key SELECT structure_kind, structure_value FROM t_attachment WHERE structure_kind <> '';

-- Structures of people whose rows were rejected stay as they are.
CREATE TABLE kept_structure (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO kept_structure
SELECT a.structure FROM protected p JOIN store.activity a ON a.professional = p.key WHERE p.file = 1 AND a.structure <> '';

-- Aliases as they will stand. A key that no structure of file 1 carries any more goes on naming its former structure while an
-- attachment uses it; one that nothing knows names a structure created from the mailbox file.
CREATE TABLE t_alias (kind TEXT NOT NULL, value TEXT NOT NULL, structure TEXT NOT NULL, PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
INSERT INTO t_alias SELECT kind, value, structure FROM n_alias;
INSERT OR IGNORE INTO t_alias
SELECT s.kind, s.value, s.structure FROM d_alias s
WHERE NOT (SELECT f1 FROM present)
   OR EXISTS (SELECT 1 FROM kept_structure k WHERE k.id = s.structure)
   OR EXISTS (SELECT 1 FROM t_key k WHERE k.kind = s.kind AND k.value = s.value);
INSERT OR IGNORE INTO t_alias
SELECT c.key_kind, c.key_value, min(c.id) FROM c_structure c JOIN t_key k ON k.kind = c.key_kind AND k.value = c.key_value
WHERE c.file = 5 GROUP BY c.key_kind, c.key_value;
CREATE INDEX t_alias_structure ON t_alias (structure);

-- Structures that file 1 does not hold take the words of the mailbox file.
INSERT INTO n_structure
SELECT sid, name, trade_name, siret, siren, finess, finess_ej, legacy_id, recipient, geographic, number, repetition, street_type, street,
       distribution, last_line, postal_code, insee, city, country_code, country, department, phone, phone2, fax, email, sector, 0
FROM (SELECT t.structure AS sid, c.*, row_number() OVER (PARTITION BY t.structure ORDER BY c.filled DESC, c.content) AS place
      FROM c_structure c
      JOIN t_key k ON k.kind = c.key_kind AND k.value = c.key_value
      JOIN t_alias t ON t.kind = c.key_kind AND t.value = c.key_value
      WHERE c.file = 5
        AND NOT EXISTS (SELECT 1 FROM n_structure n WHERE n.id = t.structure)
        AND NOT EXISTS (SELECT 1 FROM store.structure s WHERE s.id = t.structure AND s.in_rpps AND s.closed_at IS NULL
                        AND (NOT (SELECT f1 FROM present) OR EXISTS (SELECT 1 FROM kept_structure k WHERE k.id = s.id)
                             OR (EXISTS (SELECT 1 FROM scoped) AND NOT EXISTS (SELECT 1 FROM scope_structure k WHERE k.id = s.id)))))
WHERE place = 1;

CREATE TABLE put_structure (id TEXT PRIMARY KEY, effect TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO put_structure
SELECT n.id, CASE WHEN s.id IS NULL THEN 'created' WHEN s.closed_at IS NOT NULL THEN 'reopened' ELSE 'changed' END
FROM n_structure n LEFT JOIN store.structure s ON s.id = n.id
WHERE s.id IS NULL OR s.closed_at IS NOT NULL OR
      (n.name, n.trade_name, n.siret, n.siren, n.finess, n.finess_ej, n.legacy_id, n.recipient, n.geographic, n.number, n.repetition,
        n.street_type, n.street, n.distribution, n.last_line, n.postal_code, n.insee, n.city, n.country_code, n.country, n.department,
        n.phone, n.phone2, n.fax, n.email, n.sector,
        n.in_rpps) IS NOT
      (s.name, s.trade_name, s.siret, s.siren, s.finess, s.finess_ej, s.legacy_id, s.recipient, s.geographic, s.number, s.repetition,
        s.street_type, s.street, s.distribution, s.last_line, s.postal_code, s.insee, s.city, s.country_code, s.country, s.department,
        s.phone, s.phone2, s.fax, s.email, s.sector,
        s.in_rpps);

-- closed: vanished from file 1. kept: likewise, but a mailbox still resolves to it. removed: known from mailboxes only, and no more.
CREATE TABLE gone_structure (id TEXT PRIMARY KEY, effect TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO gone_structure
SELECT id, CASE WHEN NOT used AND in_rpps THEN 'closed' WHEN used THEN 'kept' ELSE 'removed' END
FROM (SELECT s.id, s.in_rpps,
             EXISTS (SELECT 1 FROM t_alias t JOIN t_key k ON k.kind = t.kind AND k.value = t.value WHERE t.structure = s.id) AS used
      FROM d_structure s
      WHERE s.closed_at IS NULL AND ((SELECT f1 FROM present) OR ((SELECT f5 FROM present) AND NOT s.in_rpps))
        AND NOT EXISTS (SELECT 1 FROM n_structure n WHERE n.id = s.id)
        AND NOT EXISTS (SELECT 1 FROM kept_structure k WHERE k.id = s.id))
WHERE in_rpps OR NOT used;

CREATE TABLE put_alias (key TEXT PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, structure TEXT NOT NULL, former TEXT)
STRICT, WITHOUT ROWID;
INSERT INTO put_alias
SELECT t.kind || '|' || t.value, t.kind, t.value, t.structure, s.structure
FROM t_alias t LEFT JOIN store.structure_alias s ON s.kind = t.kind AND s.value = t.value
WHERE s.structure IS NOT t.structure
  AND NOT EXISTS (SELECT 1 FROM gone_structure g WHERE g.id = t.structure AND g.effect <> 'kept');
-- Aliases of a structure that leaves go with it.
CREATE TABLE gone_alias (key TEXT PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, former TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO gone_alias
SELECT s.kind || '|' || s.value, s.kind, s.value, s.structure
FROM d_alias s
WHERE (SELECT f1 FROM present)
  AND NOT EXISTS (SELECT 1 FROM t_alias t WHERE t.kind = s.kind AND t.value = s.value)
  AND NOT EXISTS (SELECT 1 FROM gone_structure g WHERE g.id = s.structure AND g.effect <> 'kept');
