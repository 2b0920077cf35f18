-- The whole store is compared with what the files say.

CREATE TEMP VIEW d_professional AS SELECT * FROM store.professional;
CREATE TEMP VIEW d_exercise AS SELECT * FROM store.exercise;
CREATE TEMP VIEW d_activity AS SELECT * FROM store.activity;
CREATE TEMP VIEW d_savoir_faire AS SELECT * FROM store.savoir_faire;
CREATE TEMP VIEW d_structure AS SELECT * FROM store.structure;
CREATE TEMP VIEW d_alias AS SELECT * FROM store.structure_alias;
CREATE TEMP VIEW d_mailbox AS SELECT * FROM store.mailbox;
CREATE TEMP VIEW d_attachment AS SELECT * FROM store.attachment;
