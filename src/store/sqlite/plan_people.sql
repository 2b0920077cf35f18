-- The difference for people: who is written, closed or removed, with exercises, activities and savoir-faire.

-- People whose words this import may write: file 1 always; a secondary file only where the store knows no better.
CREATE TABLE o_person (id TEXT PRIMARY KEY, file INTEGER NOT NULL, former TEXT, closed INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO o_person
SELECT n.id, n.file, s.origin, s.closed_at IS NOT NULL
FROM n_person n LEFT JOIN store.professional s ON s.id = n.id
WHERE n.file = 1
   OR (s.origin IS NOT 'rpps'
       AND (n.file <> 5 OR EXISTS (SELECT 1 FROM t_attachment t WHERE t.professional = n.id))
       AND (n.file = 2 OR s.origin IS NOT 'savoir_faire'
            OR ((SELECT f2 FROM present) AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 2 AND p.key = n.id))));

CREATE TABLE put_person (id TEXT PRIMARY KEY, effect TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO put_person
SELECT o.id, CASE WHEN o.former IS NULL THEN 'created' WHEN o.closed THEN 'reopened' ELSE 'changed' END
FROM o_person o JOIN n_person n ON n.id = o.id LEFT JOIN store.professional s ON s.id = o.id
WHERE s.id IS NULL OR o.closed OR
      (n.origin, n.id_type, n.id_value, n.civility, n.exercise_civility, n.family, n.given) IS NOT
      (s.origin, s.id_type, s.id_value, s.civility, s.exercise_civility, s.family, s.given);

CREATE TABLE close_person (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO close_person
SELECT s.id FROM d_professional s
WHERE (SELECT f1 FROM present) AND s.origin = 'rpps' AND s.closed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM n_person n WHERE n.id = s.id AND n.file = 1)
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 1 AND p.key = s.id);

-- The exercises of a person come from the file its words come from.
CREATE TABLE n_exercise (
    professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, PRIMARY KEY (professional, profession, category)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO n_exercise
SELECT c.professional, c.profession, c.category FROM c_exercise c JOIN o_person o ON o.id = c.professional AND o.file = c.file
ORDER BY c.professional;
CREATE TABLE put_exercise (
    professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, PRIMARY KEY (professional, profession, category)
) STRICT, WITHOUT ROWID;
INSERT INTO put_exercise
SELECT n.professional, n.profession, n.category FROM n_exercise n
WHERE NOT EXISTS (SELECT 1 FROM store.exercise s
                  WHERE s.professional = n.professional AND s.profession = n.profession AND s.category = n.category);
CREATE TABLE gone_exercise (
    professional TEXT NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, PRIMARY KEY (professional, profession, category)
) STRICT, WITHOUT ROWID;
INSERT INTO gone_exercise
SELECT s.professional, s.profession, s.category FROM d_exercise s
WHERE NOT EXISTS (SELECT 1 FROM n_exercise n
                  WHERE n.professional = s.professional AND n.profession = s.profession AND n.category = s.category)
  AND (EXISTS (SELECT 1 FROM close_person c WHERE c.id = s.professional)
       OR EXISTS (SELECT 1 FROM o_person o WHERE o.id = s.professional
                  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = o.file AND p.key = o.id)));

CREATE TABLE put_activity (professional TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (professional, id)) STRICT, WITHOUT ROWID;
INSERT INTO put_activity
SELECT n.professional, n.id FROM n_activity n
WHERE NOT EXISTS (SELECT 1 FROM store.activity s WHERE s.professional = n.professional AND s.id = unhex(n.id));
CREATE TABLE gone_activity (professional TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (professional, id)) STRICT, WITHOUT ROWID;
INSERT INTO gone_activity
SELECT s.professional, lower(hex(s.id)) FROM d_activity s
WHERE (SELECT f1 FROM present) AND NOT EXISTS (SELECT 1 FROM n_activity n
                                                  WHERE n.professional = s.professional AND n.id = lower(hex(s.id)))
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = 1 AND p.key = s.professional);

CREATE TABLE put_savoir_faire (
    professional TEXT NOT NULL, source INTEGER NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, kind TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (professional, source, profession, category, kind, code)
) STRICT, WITHOUT ROWID;
INSERT INTO put_savoir_faire
SELECT n.* FROM n_savoir_faire n
WHERE NOT EXISTS (SELECT 1 FROM store.savoir_faire s
                  WHERE s.professional = n.professional AND s.source = n.source AND s.profession = n.profession
                    AND s.category = n.category AND s.kind = n.kind AND s.code = n.code);
CREATE TABLE gone_savoir_faire (
    professional TEXT NOT NULL, source INTEGER NOT NULL, profession TEXT NOT NULL, category TEXT NOT NULL, kind TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (professional, source, profession, category, kind, code)
) STRICT, WITHOUT ROWID;
INSERT INTO gone_savoir_faire
SELECT s.professional, s.source, s.profession, s.category, s.kind, s.code FROM d_savoir_faire s
WHERE CASE s.source WHEN 1 THEN (SELECT f1 FROM present) ELSE (SELECT f2 FROM present) END
  AND NOT EXISTS (SELECT 1 FROM n_savoir_faire n
                  WHERE n.professional = s.professional AND n.source = s.source AND n.profession = s.profession
                    AND n.category = s.category AND n.kind = s.kind AND n.code = s.code)
  AND NOT EXISTS (SELECT 1 FROM protected p WHERE p.file = s.source AND p.key = s.professional);

-- An incomplete person that nothing refers to any more.
CREATE TABLE gone_person (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO gone_person
SELECT s.id FROM d_professional s
WHERE s.origin <> 'rpps'
  AND NOT EXISTS (SELECT 1 FROM n_person n WHERE n.id = s.id AND n.file = 1)
  AND NOT EXISTS (SELECT 1 FROM t_attachment t WHERE t.professional = s.id)
  AND NOT EXISTS (SELECT 1 FROM n_savoir_faire n WHERE n.professional = s.id)
  AND NOT EXISTS (SELECT 1 FROM store.savoir_faire f WHERE f.professional = s.id
                  AND NOT EXISTS (SELECT 1 FROM gone_savoir_faire g
                                  WHERE g.professional = f.professional AND g.source = f.source AND g.profession = f.profession
                                    AND g.category = f.category AND g.kind = f.kind AND g.code = f.code));
