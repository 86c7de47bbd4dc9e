-- Every table begins with `bucket`, and so does every key: a fixed hash of the lead's number (of the
-- code, the calendar, the key where there is no lead), 0 to 255. Times are milliseconds since 1970,
-- UTC. Columns stand for what queries need; the rest of a record is a compact blob (see pack.rs).
--
-- A reply writes four rows: seen, conversation, and two of the timeline. Indices are few on purpose:
-- each one on a column that changes is a random page more in the log, and again at the checkpoint.

CREATE TABLE lead (
    bucket INTEGER NOT NULL,
    phone  INTEGER NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (bucket, phone)
) STRICT, WITHOUT ROWID;

CREATE TABLE flow_version (
    bucket  INTEGER NOT NULL,
    version BLOB    NOT NULL,
    name    TEXT    NOT NULL,
    n       INTEGER NOT NULL,   -- what conversations refer to
    saved   INTEGER,            -- NULL until its sources are told
    sources BLOB,
    PRIMARY KEY (bucket, version, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX flow_version_n ON flow_version (bucket, n);

CREATE TABLE conversation (
    bucket   INTEGER NOT NULL,
    id       INTEGER NOT NULL,
    lead     INTEGER NOT NULL,
    version  INTEGER NOT NULL,  -- flow_version.n
    revision INTEGER NOT NULL,
    status   INTEGER NOT NULL,  -- 0 scheduled, 1 waiting, 2 with_agent, 3 ended
    step     TEXT,
    outcome  TEXT,              -- NULL until it ended
    due      INTEGER,           -- its one timer
    started  INTEGER NOT NULL,
    data     BLOB    NOT NULL,
    PRIMARY KEY (bucket, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_due ON conversation (due) WHERE due IS NOT NULL;
CREATE INDEX conversation_lead ON conversation (bucket, lead);
-- Touched when a conversation begins and when it ends, never in between.
CREATE INDEX conversation_live ON conversation (version) WHERE outcome IS NULL;
CREATE INDEX conversation_agent ON conversation (bucket, id) WHERE status = 2;

-- What happened and what was decided, of one lead side by side.
CREATE TABLE timeline (
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
    PRIMARY KEY (bucket, lead, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX timeline_due ON timeline (due) WHERE due IS NOT NULL;

-- Beside the lead, so that the pages of a busy lead are the ones in memory.
CREATE TABLE seen (
    bucket INTEGER NOT NULL,
    lead   INTEGER NOT NULL,
    key    BLOB    NOT NULL,
    PRIMARY KEY (bucket, lead, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE handoff (
    bucket       INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    lead         INTEGER NOT NULL,
    team         TEXT    NOT NULL,
    status       INTEGER NOT NULL,  -- 0 open, 1 claimed, 2 resolved, 3 unclaimed
    created      INTEGER NOT NULL,
    data         BLOB    NOT NULL,
    PRIMARY KEY (bucket, conversation, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX handoff_created ON handoff (created);
CREATE INDEX handoff_live ON handoff (created) WHERE status < 2;

CREATE TABLE shortlink (
    bucket      INTEGER NOT NULL,   -- of the code
    code        INTEGER NOT NULL,
    lead_bucket INTEGER NOT NULL,
    lead        INTEGER NOT NULL,
    message     INTEGER NOT NULL,
    expires     INTEGER,
    data        BLOB    NOT NULL,
    PRIMARY KEY (bucket, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX shortlink_message ON shortlink (lead_bucket, lead, message);

-- Consent, as it was given and taken back: one hash chain for each bucket. An erasure takes `lead`
-- and `data` away; what the chain covers stays.
CREATE TABLE ledger (
    bucket INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    lead   INTEGER,
    key    BLOB    NOT NULL,        -- stands for the lead: a keyed hash of the number
    at     INTEGER NOT NULL,
    data   BLOB,
    digest BLOB    NOT NULL,        -- of the event
    hash   BLOB    NOT NULL,
    PRIMARY KEY (bucket, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_lead ON ledger (bucket, lead);
CREATE TRIGGER ledger_is_not_changed BEFORE UPDATE ON ledger
WHEN NEW.lead IS NOT NULL OR NEW.data IS NOT NULL OR NEW.bucket <> OLD.bucket OR NEW.n <> OLD.n
    OR NEW.key <> OLD.key OR NEW.at <> OLD.at OR NEW.digest <> OLD.digest OR NEW.hash <> OLD.hash
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_is_not_cut BEFORE DELETE ON ledger BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_grows_by_one BEFORE INSERT ON ledger
WHEN NEW.n <> 1 + coalesce((SELECT max(n) FROM ledger WHERE bucket = NEW.bucket), 0) BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- Numbers that were erased: not known any more, and not to be written to.
CREATE TABLE forgotten (
    bucket INTEGER NOT NULL,
    key    BLOB    NOT NULL,        -- as in the ledger
    at     INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE booking (
    bucket       INTEGER NOT NULL,  -- of the calendar
    calendar     TEXT    NOT NULL,
    conversation INTEGER NOT NULL,
    lead         INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    stop         INTEGER NOT NULL,
    PRIMARY KEY (bucket, calendar, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_stop ON booking (bucket, calendar, stop);

CREATE TABLE api_key (
    bucket  INTEGER NOT NULL,
    hash    BLOB    NOT NULL,
    name    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER,
    data    BLOB    NOT NULL,
    PRIMARY KEY (bucket, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
    bucket INTEGER NOT NULL,        -- of the key
    key    BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    data   BLOB    NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    bucket INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    value  BLOB    NOT NULL,
    PRIMARY KEY (bucket, key)
) STRICT, WITHOUT ROWID;
INSERT INTO setting (bucket, key, value) VALUES (0, 'ledger_secret', randomblob(32));
