-- What came before its time and must not be lost: a part of a long text, a receipt of a message whose
-- send is not answered yet. `open` is 1 until it is used; a used one stays for a while, so that a
-- carrier that repeats itself is known.
CREATE TABLE kept (
    bucket INTEGER NOT NULL,
    lead   INTEGER NOT NULL,
    kind   INTEGER NOT NULL,        -- 0 part, 1 receipt
    key    TEXT    NOT NULL,        -- the carrier's id
    at     INTEGER NOT NULL,
    open   INTEGER,                 -- NULL once used
    data   BLOB    NOT NULL,
    PRIMARY KEY (bucket, lead, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_open ON kept (kind, at) WHERE open = 1;
CREATE INDEX kept_at ON kept (at);
