-- Timers that a restore took off the clock: what was due while the backup lay aside may have been done.
CREATE TABLE held_timer (
    bucket       INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    revision     INTEGER NOT NULL,  -- of the conversation; one that moved on since needs it no more
    due          INTEGER NOT NULL,
    PRIMARY KEY (bucket, conversation)
) STRICT, WITHOUT ROWID;
