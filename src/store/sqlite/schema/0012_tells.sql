-- Rows of another's timeline that tell of a lead: what an agent texted, and was answered, stands under the
-- agent's number. By it an erasure finds them. `by` is the number whose timeline it is.
CREATE TABLE tells (
    bucket INTEGER NOT NULL,        -- of the lead
    lead   INTEGER NOT NULL,
    by     INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (bucket, lead, by, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX tells_by ON tells (by);
