-- A lead's newest rows of the timeline stand, without their bodies, in `tail`: in the row of its active
-- conversation, which a reply writes anyway, else in the lead's own. Once there are too many, the older
-- ones are put into `filed` together, a dozen in one row; so a reply mostly opens no page of an index.
-- `seq` is the number of the last of them. How an entry is written: `tail.rs`.
CREATE TABLE filed (
    bucket  INTEGER NOT NULL,
    lead    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    entries BLOB    NOT NULL,
    PRIMARY KEY (bucket, lead, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO filed (bucket, lead, seq, entries)
    SELECT bucket, lead, seq, unhex(printf('%02x%02x%08x%010x%012x',
            kind + 16 * marketing + 32 * (seen IS NOT NULL), coalesce(status, 255), seq, n, at)
        || CASE WHEN seen IS NULL THEN '' ELSE printf('%016x', seen) END)
    FROM timeline INDEXED BY timeline_lead ORDER BY bucket, lead, seq;
DROP INDEX timeline_lead;
ALTER TABLE lead ADD COLUMN tail BLOB;
ALTER TABLE conversation ADD COLUMN tail BLOB;
