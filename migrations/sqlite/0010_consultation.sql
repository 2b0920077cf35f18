-- How the directory was asked, of days (Europe/Paris) that are not over: sums by door and class of duration, nothing of who asked what.
-- When the day is over its figures are made of it, and its rows go.
CREATE TABLE consultation (
    day TEXT NOT NULL,
    interface TEXT NOT NULL CHECK (interface IN ('ldap', 'rest')),
    longest INTEGER NOT NULL,                  -- microseconds: no answer of the class took longer
    questions INTEGER NOT NULL,
    empty INTEGER NOT NULL,                    -- of them, those to which nothing was found
    PRIMARY KEY (day, interface, longest)
) STRICT, WITHOUT ROWID;

-- What was counted of a day or month, so that one that was not is not taken for nothing.
CREATE TABLE indicator_day (
    scope TEXT NOT NULL CHECK (scope IN ('public', 'full')),
    part TEXT NOT NULL CHECK (part IN ('directory', 'consultation', 'exchanges')),
    day TEXT NOT NULL,
    compared_with TEXT,                        -- the day whose mailboxes this one's were compared with
    PRIMARY KEY (scope, part, day)
) STRICT, WITHOUT ROWID;
INSERT INTO indicator_day (scope, part, day, compared_with)
    SELECT scope, iif(length(day) = 7, 'exchanges', 'directory'), day,
        (SELECT max(b.day) FROM indicator b WHERE b.scope = a.scope AND b.day < a.day AND length(b.day) = 10
            AND EXISTS (SELECT 1 FROM indicator c WHERE c.scope = a.scope AND c.day = a.day AND c.measure = 'mailboxes_created'))
    FROM (SELECT DISTINCT scope, day FROM indicator) a;
