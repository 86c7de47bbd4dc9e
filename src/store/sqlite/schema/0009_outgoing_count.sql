-- How many outgoing rows there are of each status: kept, since counting them reads the whole timeline.
CREATE TABLE outgoing_count (
    status INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    PRIMARY KEY (status)
) STRICT, WITHOUT ROWID;
INSERT INTO outgoing_count (status, count)
    SELECT status, count(*) FROM timeline WHERE status IS NOT NULL GROUP BY status;
