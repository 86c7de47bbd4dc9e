-- Who signs in to the console, from where they are signed in, and what was read and done.

CREATE TABLE account (
    bucket INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    bucket  INTEGER NOT NULL,
    hash    BLOB    NOT NULL,       -- of the cookie's secret
    account TEXT    NOT NULL,
    until   INTEGER NOT NULL,
    data    BLOB    NOT NULL,
    PRIMARY KEY (bucket, hash)
) STRICT, WITHOUT ROWID;

-- Append-only; what is older than the retention goes. A lead is named by the key that stands for
-- them in the ledger, never by number, so that an erasure need not touch it.
CREATE TABLE audit (
    bucket INTEGER NOT NULL,        -- of the actor
    n      INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    lead   BLOB,
    data   BLOB    NOT NULL,
    PRIMARY KEY (bucket, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_at ON audit (at, bucket, n);
CREATE INDEX audit_lead ON audit (lead, at, bucket, n) WHERE lead IS NOT NULL;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
-- 400 days, as in `store::AUDIT_KEPT`.
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit
WHEN OLD.at >= (SELECT max(at) FROM audit) - 34560000000 BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
