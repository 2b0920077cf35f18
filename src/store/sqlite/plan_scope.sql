-- Only a part of the store is compared: what the scope names. The files were read for that part only; all else is as they say.
-- CROSS JOIN: the scope leads, whatever the planner thinks of its size.

CREATE TEMP VIEW d_professional AS SELECT s.* FROM scope_person k CROSS JOIN store.professional s ON s.id = k.id;
CREATE TEMP VIEW d_exercise AS SELECT s.* FROM scope_person k CROSS JOIN store.exercise s ON s.professional = k.id;
CREATE TEMP VIEW d_activity AS SELECT s.* FROM scope_person k CROSS JOIN store.activity s ON s.professional = k.id;
CREATE TEMP VIEW d_savoir_faire AS SELECT s.* FROM scope_person k CROSS JOIN store.savoir_faire s ON s.professional = k.id;
CREATE TEMP VIEW d_structure AS SELECT s.* FROM scope_structure k CROSS JOIN store.structure s ON s.id = k.id;
CREATE TEMP VIEW d_alias AS SELECT s.* FROM scope_key k CROSS JOIN store.structure_alias s ON s.kind = k.kind AND s.value = k.value;
CREATE TEMP VIEW d_mailbox AS SELECT s.* FROM scope_mailbox k CROSS JOIN store.mailbox s ON s.address = k.address;
-- What is attached to something compared, by whatever mailbox.
CREATE TEMP VIEW d_attachment AS
SELECT s.* FROM scope_mailbox k CROSS JOIN store.attachment s ON s.mailbox = k.address
UNION
SELECT s.* FROM scope_person k CROSS JOIN store.attachment s ON s.professional = k.id AND s.professional <> ''
UNION
SELECT s.* FROM scope_key k CROSS JOIN store.attachment s ON s.structure_kind = k.kind AND s.structure_value = k.value
    AND s.structure_kind <> '';
