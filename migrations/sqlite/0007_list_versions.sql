-- Every liste blanche that was applied, as it came: what was trusted when, and on whose word. `signed`: it carried a signature that fits.
-- `signer`: its subject, empty where nobody checked it against an authority. `generated` and `received` in UTC seconds; `document` is zstd.
CREATE TABLE list_version (
    sha256 TEXT PRIMARY KEY,
    generated INTEGER NOT NULL,
    received INTEGER NOT NULL,
    signer TEXT NOT NULL DEFAULT '',
    signed INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    document BLOB NOT NULL
) STRICT;
