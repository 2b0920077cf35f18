-- The plan: keys to touch, in the order they are applied; then the causes written for the projection, withdrawals first.

-- effect: created, changed, reopened, closed, removed, kept (left its file, stays for another reason) or confirmed.
CREATE TABLE plan (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, effect TEXT NOT NULL) STRICT;
INSERT INTO plan (kind, key, effect) SELECT 'label', key, effect FROM put_label ORDER BY key;
INSERT INTO plan (kind, key, effect)
SELECT 'operator', id, max(effect)
FROM (SELECT id, effect FROM put_operator UNION ALL SELECT operator, 'changed' FROM put_certificate
      UNION ALL SELECT operator, 'changed' FROM gone_certificate)
GROUP BY id ORDER BY id;
INSERT INTO plan (kind, key, effect)
SELECT 'domain', name, max(effect)
FROM (SELECT name, effect FROM put_domain UNION ALL SELECT name, 'closed' FROM gone_domain
      UNION ALL SELECT domain, 'changed' FROM put_domain_certificate UNION ALL SELECT domain, 'changed' FROM gone_domain_certificate)
GROUP BY name ORDER BY name;
INSERT INTO plan (kind, key, effect) SELECT 'structure', id, effect FROM put_structure ORDER BY id;
INSERT INTO plan (kind, key, effect)
SELECT 'alias', key, effect
FROM (SELECT key, CASE WHEN former IS NULL THEN 'created' ELSE 'changed' END AS effect FROM put_alias
      UNION ALL SELECT key, 'removed' FROM gone_alias)
ORDER BY key;
-- 'changed' is the smallest word: max() lets any other effect win over it.
INSERT INTO plan (kind, key, effect)
SELECT 'professional', id, max(effect)
FROM (SELECT id, effect FROM put_person UNION ALL SELECT id, 'closed' FROM close_person
      UNION ALL SELECT professional, 'changed' FROM put_exercise UNION ALL SELECT professional, 'changed' FROM gone_exercise
      UNION ALL SELECT professional, 'changed' FROM put_activity UNION ALL SELECT professional, 'changed' FROM gone_activity
      UNION ALL SELECT professional, 'changed' FROM put_savoir_faire UNION ALL SELECT professional, 'changed' FROM gone_savoir_faire)
GROUP BY id ORDER BY id;
INSERT INTO plan (kind, key, effect)
SELECT 'mailbox', address, max(effect)
FROM (SELECT address, effect FROM put_mailbox UNION ALL SELECT address, effect FROM gone_mailbox
      UNION ALL SELECT mailbox, 'changed' FROM put_attachment UNION ALL SELECT mailbox, 'changed' FROM gone_attachment)
GROUP BY address ORDER BY address;
INSERT INTO plan (kind, key, effect) SELECT 'structure_gone', id, effect FROM gone_structure ORDER BY id;
INSERT INTO plan (kind, key, effect) SELECT 'professional_gone', id, 'removed' FROM gone_person ORDER BY id;

-- Causes. A row that detaches a holder or a structure names what it detached from; 1 when something may have to be hidden.
CREATE TABLE raw_cause (kind TEXT NOT NULL, key TEXT NOT NULL, withdraws INTEGER NOT NULL) STRICT;
INSERT INTO raw_cause SELECT 'label', key, 0 FROM put_label WHERE effect <> 'confirmed';
INSERT INTO raw_cause SELECT 'operator', key, 1 FROM plan WHERE kind = 'operator' AND effect <> 'created';
INSERT INTO raw_cause SELECT 'operator', key, 0 FROM plan WHERE kind = 'operator' AND effect = 'created';
INSERT INTO raw_cause SELECT 'domain', name, 1 FROM gone_domain;
INSERT INTO raw_cause SELECT 'domain', name, 0 FROM put_domain;
INSERT INTO raw_cause SELECT 'domain', domain, 0 FROM put_domain_certificate;
INSERT INTO raw_cause SELECT 'domain', domain, 1 FROM gone_domain_certificate;
INSERT INTO raw_cause
SELECT 'domain', d.domain, 1 FROM store.domain_certificate d JOIN put_certificate c ON c.dn_key = d.dn_key;
-- The first liste blanche hides the mailboxes of every domain that it does not hold.
INSERT INTO raw_cause
SELECT 'domain', m.domain, NOT EXISTS (SELECT 1 FROM n_domain n WHERE n.name = m.domain)
FROM (SELECT DISTINCT b.domain
      -- Asked once, and not of every mailbox.
      FROM (SELECT 1 FROM present WHERE f9 AND NOT EXISTS (SELECT 1 FROM store.meta WHERE name = 'list_loaded' AND value = '1'))
      CROSS JOIN store.mailbox b) m;
INSERT INTO raw_cause SELECT 'structure', id, 0 FROM put_structure;
INSERT INTO raw_cause SELECT 'structure', id, 1 FROM gone_structure;
INSERT INTO raw_cause SELECT 'structure', structure, 0 FROM put_alias;
INSERT INTO raw_cause
SELECT 'structure', former, 1 FROM put_alias WHERE former IS NOT NULL UNION ALL SELECT 'structure', former, 1 FROM gone_alias;
INSERT INTO raw_cause
SELECT 'mailbox', a.mailbox, 1
FROM (SELECT kind, value FROM put_alias UNION ALL SELECT kind, value FROM gone_alias
      UNION ALL SELECT s.kind, s.value FROM gone_structure g JOIN store.structure_alias s ON s.structure = g.id) k
CROSS JOIN store.attachment a ON a.structure_kind = k.kind AND a.structure_value = k.value AND a.structure_kind <> '';
INSERT INTO raw_cause SELECT 'professional', key, effect = 'closed' FROM plan WHERE kind = 'professional';
INSERT INTO raw_cause SELECT 'professional', id, 1 FROM gone_person;
INSERT INTO raw_cause SELECT 'mailbox', address, withdraws FROM put_mailbox;
INSERT INTO raw_cause SELECT 'mailbox', address, 1 FROM gone_mailbox;
INSERT INTO raw_cause
SELECT 'mailbox', p.mailbox, EXISTS (SELECT 1 FROM store.mailbox m WHERE m.address = p.mailbox) FROM put_attachment p;
INSERT INTO raw_cause SELECT 'mailbox', mailbox, 1 FROM gone_attachment;
INSERT INTO raw_cause SELECT 'professional', professional, 1 FROM gone_attachment WHERE professional <> '';
INSERT INTO raw_cause
SELECT 'structure', s.structure, 1
FROM gone_attachment g CROSS JOIN store.structure_alias s ON s.kind = g.structure_kind AND s.value = g.structure_value;

CREATE TABLE cause (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, withdraws INTEGER NOT NULL) STRICT;
INSERT INTO cause (kind, key, withdraws)
SELECT kind, key, max(withdraws) FROM raw_cause GROUP BY kind, key ORDER BY max(withdraws) DESC, kind, key;

-- An empty store had nothing to hide: one row for everything.
DELETE FROM cause
WHERE NOT EXISTS (SELECT 1 FROM store.professional) AND NOT EXISTS (SELECT 1 FROM store.structure)
  AND NOT EXISTS (SELECT 1 FROM store.mailbox);
INSERT INTO cause (kind, key, withdraws)
SELECT 'all', '', 0 WHERE NOT EXISTS (SELECT 1 FROM cause) AND EXISTS (SELECT 1 FROM plan WHERE effect <> 'confirmed');

-- What the guard asks: how many things of each kind a file would close; how many the store holds is counted beside.
CREATE TABLE guard (file INTEGER NOT NULL, thing TEXT NOT NULL, closing INTEGER NOT NULL) STRICT;
INSERT INTO guard SELECT 1, 'professional', (SELECT count(*) FROM close_person) WHERE (SELECT f1 FROM present);
INSERT INTO guard
SELECT 1, 'exercise', (SELECT count(*) FROM gone_exercise g CROSS JOIN store.professional s ON s.id = g.professional
                       WHERE s.origin = 'rpps')
WHERE (SELECT f1 FROM present);
INSERT INTO guard SELECT 1, 'activity', (SELECT count(*) FROM gone_activity) WHERE (SELECT f1 FROM present);
INSERT INTO guard
SELECT 1, 'structure', (SELECT count(*) FROM d_structure s WHERE s.in_rpps AND s.closed_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM n_structure n WHERE n.id = s.id AND n.in_rpps)
          AND NOT EXISTS (SELECT 1 FROM kept_structure k WHERE k.id = s.id))
WHERE (SELECT f1 FROM present);
INSERT INTO guard SELECT 2, 'savoir_faire', (SELECT count(*) FROM gone_savoir_faire WHERE source = 2) WHERE (SELECT f2 FROM present);
INSERT INTO guard SELECT 5, 'mailbox', (SELECT count(*) FROM gone_mailbox) WHERE (SELECT f5 FROM present);
INSERT INTO guard SELECT 9, 'domain', (SELECT count(*) FROM gone_domain) WHERE (SELECT f9 FROM present);

-- What the report says, by kind of thing.
CREATE TABLE tally (thing TEXT NOT NULL, effect TEXT NOT NULL, things INTEGER NOT NULL) STRICT;
INSERT INTO tally
SELECT CASE kind WHEN 'structure_gone' THEN 'structure' WHEN 'professional_gone' THEN 'professional' ELSE kind END AS thing, effect,
       count(*)
FROM plan
-- A person that is removed also has a row for what it loses before.
WHERE NOT (kind = 'professional' AND EXISTS (SELECT 1 FROM gone_person g WHERE g.id = plan.key))
GROUP BY 1, 2;
INSERT INTO tally SELECT 'exercise', 'created', count(*) FROM put_exercise;
INSERT INTO tally SELECT 'exercise', 'closed', count(*) FROM gone_exercise;
INSERT INTO tally SELECT 'activity', 'created', count(*) FROM put_activity;
INSERT INTO tally SELECT 'activity', 'closed', count(*) FROM gone_activity;
INSERT INTO tally SELECT 'savoir_faire', 'created', count(*) FROM put_savoir_faire;
INSERT INTO tally SELECT 'savoir_faire', 'closed', count(*) FROM gone_savoir_faire;
INSERT INTO tally SELECT 'attachment', 'created', count(*) FROM put_attachment;
INSERT INTO tally SELECT 'attachment', 'closed', count(*) FROM gone_attachment;
