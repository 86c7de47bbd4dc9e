-- Rows of the timeline are appended, whoever's they are, so that a commit fills few pages instead of
-- opening one of each lead. The index holds what a turn reads of the lead's newest rows, and the key
-- by which a reply is known when it comes again: 64 bits of it, and NULL for all other rows. (Keys
-- that come without a reply, and those of before, are in `seen`.)

CREATE TABLE appended (
    n            INTEGER PRIMARY KEY,
    bucket       INTEGER NOT NULL,
    lead         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    conversation INTEGER,
    at           INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    status       INTEGER,       -- of an outgoing row
    marketing    INTEGER NOT NULL,
    due          INTEGER,       -- when an outgoing row must be looked at
    provider_id  TEXT,
    body         BLOB    NOT NULL,
    sending      BLOB,
    seen         INTEGER
) STRICT;
INSERT INTO appended (bucket, lead, seq, conversation, at, kind, status, marketing, due, provider_id,
        body, sending)
    SELECT bucket, lead, seq, conversation, at, kind, status, marketing, due, provider_id, body,
        sending
    FROM timeline ORDER BY at, bucket, lead, seq;
DROP TABLE timeline;
ALTER TABLE appended RENAME TO timeline;
CREATE INDEX timeline_lead ON timeline (bucket, lead, seq, at, kind, status, marketing, seen);
CREATE INDEX timeline_due ON timeline (due) WHERE due IS NOT NULL;
