-- The end of each bucket's chain, kept apart, so that rows cut off there are missed. `ats` sums up the times
-- of all rows: those of erased ones are in no hash.

CREATE TABLE ledger_head (
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    ats    INTEGER NOT NULL,
    PRIMARY KEY (bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_head (bucket, n, hash, ats)
    SELECT bucket, n, hash, (SELECT sum(at) FROM ledger WHERE bucket = last.bucket) FROM ledger AS last
    WHERE n = (SELECT max(n) FROM ledger WHERE bucket = last.bucket);
CREATE TRIGGER ledger_head_follows AFTER INSERT ON ledger BEGIN
    INSERT INTO ledger_head (bucket, n, hash, ats) VALUES (NEW.bucket, NEW.n, NEW.hash, NEW.at)
        ON CONFLICT (bucket) DO UPDATE SET n = excluded.n, hash = excluded.hash, ats = ats + excluded.ats;
END;
