-- What leads are found by: the words of the name, the email and its host, and the digits of the number
-- backwards (`#` before them). Written when a lead comes in or is named anew, never by a reply. A search
-- is one stretch of each bucket.
CREATE TABLE lead_key (
    bucket INTEGER NOT NULL,
    word   TEXT    NOT NULL,
    lead   INTEGER NOT NULL,
    PRIMARY KEY (bucket, word, lead)
) STRICT, WITHOUT ROWID;
CREATE INDEX lead_key_lead ON lead_key (bucket, lead);
-- Leads are counted by it, without reading what is known of each. It changes when a lead comes or goes.
CREATE INDEX lead_count ON lead (bucket);
