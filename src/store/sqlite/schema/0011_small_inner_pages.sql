-- Conversations by their id alone, whose first bits are the bucket: the inner pages then hold ids instead of
-- whole rows, and a row with its tail fits a page twice as long as before.
CREATE TABLE by_id (
    id       INTEGER PRIMARY KEY,
    bucket   INTEGER NOT NULL,
    lead     INTEGER NOT NULL,
    version  INTEGER NOT NULL,  -- flow_version.n
    revision INTEGER NOT NULL,
    status   INTEGER NOT NULL,  -- 0 scheduled, 1 waiting, 2 with_agent, 3 ended
    step     TEXT,
    outcome  TEXT,              -- NULL until it ended
    due      INTEGER,           -- its one timer
    started  INTEGER NOT NULL,
    data     BLOB    NOT NULL,
    tail     BLOB
) STRICT;
INSERT INTO by_id (id, bucket, lead, version, revision, status, step, outcome, due, started, data, tail)
    SELECT id, bucket, lead, version, revision, status, step, outcome, due, started, data, tail
    FROM conversation ORDER BY id;
DROP TABLE conversation;
ALTER TABLE by_id RENAME TO conversation;
CREATE INDEX conversation_due ON conversation (due) WHERE due IS NOT NULL;
CREATE INDEX conversation_lead ON conversation (bucket, lead);
CREATE INDEX conversation_live ON conversation (version) WHERE outcome IS NULL;
CREATE INDEX conversation_agent ON conversation (bucket, id) WHERE status = 2;

-- What is filed is appended, whoever's it is, and found by a small index: a chunk is as large as a dozen rows
-- of an index.
CREATE TABLE chunk (
    n       INTEGER PRIMARY KEY,
    bucket  INTEGER NOT NULL,
    lead    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    entries BLOB    NOT NULL
) STRICT;
INSERT INTO chunk (bucket, lead, seq, entries) SELECT bucket, lead, seq, entries FROM filed;
DROP TABLE filed;
ALTER TABLE chunk RENAME TO filed;
CREATE UNIQUE INDEX filed_lead ON filed (bucket, lead, seq);
