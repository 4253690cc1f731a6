-- A telephone number that somebody wants to be reached at, until they type the code that was sent there; one at a time for each person. `number` is
-- sealed under a key of its own that goes with the row, `code` is a digest.
CREATE TABLE tell_sms_code (
  person INT NOT NULL,
  data_key INT NOT NULL,
  number BYTES NOT NULL,
  code TEXT NOT NULL,
  tries INT NOT NULL,
  expires_us TS NOT NULL,
  PRIMARY KEY (person)
) WITHOUT ROWID;
CREATE INDEX tell_sms_code_expires ON tell_sms_code (expires_us);
-- When a code was asked for, by whom and (digest) for which number; `sent` 0: that number had enough of them. Kept for a day.
CREATE TABLE tell_sms_asked (
  id ID,
  person INT NOT NULL,
  number TEXT NOT NULL,
  sent INT NOT NULL,
  at_us TS NOT NULL
);
CREATE INDEX tell_sms_asked_number ON tell_sms_asked (number, at_us);
CREATE INDEX tell_sms_asked_person ON tell_sms_asked (person, at_us);
CREATE INDEX tell_sms_asked_at ON tell_sms_asked (at_us);
