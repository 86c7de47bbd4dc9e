-- Email addresses that may not be written to, whoever gives them. An address is known by a keyed hash
-- alone, so that nothing of an erased lead is left in it.
CREATE TABLE address (
    bucket       INTEGER NOT NULL,  -- of the key
    key          BLOB    NOT NULL,  -- as a lead's in the ledger
    unsubscribed INTEGER,
    bad          INTEGER,           -- since when mail bounces from it
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
