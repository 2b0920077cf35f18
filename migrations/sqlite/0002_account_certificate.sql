-- Client certificates that stand for an account. `key` is the canonical form of the subject, as model::DistinguishedName makes it.
-- A key has one owner; that of a revoked account may pass to another.
CREATE TABLE account_certificate (
    key TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name),
    subject TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_certificate_account ON account_certificate (account);
