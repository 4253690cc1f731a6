-- Staff who may be called out. number_digest: keyed digest of the staff number; sealed: number, name and role under data_key. deputy: another member.
CREATE TABLE callout_member (
  id ID,
  public_id TEXT NOT NULL,
  number_digest TEXT NOT NULL,
  department TEXT NOT NULL,
  data_key INT NOT NULL,
  sealed BYTES NOT NULL,
  deputy INT,
  changed_us TS NOT NULL,
  removed_us TS
);
CREATE UNIQUE INDEX callout_member_public ON callout_member (public_id);
CREATE UNIQUE INDEX callout_member_number ON callout_member (number_digest) WHERE removed_us IS NULL;
CREATE INDEX callout_member_department ON callout_member (department, id) WHERE removed_us IS NULL;
-- Where a member is reached: a channel (module audiences' number) and the recipient that the ledger knows. own: made for the call-out, not theirs already.
CREATE TABLE callout_address (
  member INT NOT NULL,
  channel INT NOT NULL,
  recipient INT NOT NULL,
  own BOOL NOT NULL,
  PRIMARY KEY (member, channel)
) WITHOUT ROWID;
CREATE UNIQUE INDEX callout_address_recipient ON callout_address (channel, recipient);
-- One call-out. state 0: waits for a second person; 1: runs; 2: over; 3: dropped. body: JSON of texts, departments and stages. listed_to: members up to here are on its list; listed: all are.
-- stage: the one that runs, -1 before. trigger_key: of who fired a trigger.
CREATE TABLE callout (
  id ID,
  public_id TEXT NOT NULL,
  state INT NOT NULL,
  drill BOOL NOT NULL,
  body JSON NOT NULL,
  author TEXT NOT NULL,
  author_name TEXT NOT NULL,
  started_by TEXT NOT NULL,
  created_us TS NOT NULL,
  started_us TS,
  ended_us TS,
  listed_to INT NOT NULL,
  listed BOOL NOT NULL,
  stage INT NOT NULL,
  due_us TS NOT NULL,
  trigger_key TEXT
);
CREATE UNIQUE INDEX callout_trigger ON callout (trigger_key) WHERE trigger_key IS NOT NULL;
CREATE UNIQUE INDEX callout_public ON callout (public_id);
CREATE INDEX callout_running ON callout (due_us) WHERE state = 1;
-- The stages of a call-out that were entered, a row for each channel. message: the ledger's; 0: skipped, with the reason. filled_to: members up to here
-- were looked at; released: its message is on its way, nobody is added any more.
CREATE TABLE callout_stage (
  callout INT NOT NULL,
  number INT NOT NULL,
  step TEXT NOT NULL,
  channel INT NOT NULL,
  message INT NOT NULL,
  message_public TEXT NOT NULL,
  filled_to INT NOT NULL,
  released BOOL NOT NULL,
  people INT NOT NULL,
  reason TEXT NOT NULL,
  at_us TS NOT NULL,
  PRIMARY KEY (callout, number, channel)
) WITHOUT ROWID;
-- Who is called out, as they stand by their answers. token: in the address of their answer page. stands_for: the member whose deputy they are.
-- duty 0: no answer, 1: comes, 2: cannot come. hurt, family 0: not said, 1: unhurt / safe, 2: hurt, 3: not known.
CREATE TABLE callout_person (
  callout INT NOT NULL,
  member INT NOT NULL,
  token TEXT NOT NULL,
  department TEXT NOT NULL,
  stands_for INT NOT NULL,
  asked BOOL NOT NULL,
  answered_us TS,
  answers INT NOT NULL,
  duty INT NOT NULL,
  arrives_us TS,
  hurt INT NOT NULL,
  family INT NOT NULL,
  PRIMARY KEY (callout, member)
) WITHOUT ROWID;
CREATE UNIQUE INDEX callout_person_token ON callout_person (token);
-- To whom a message of a stage goes: what leads from the ledger's recipient to the person, and to their answer page.
CREATE TABLE callout_target (
  message TEXT NOT NULL,
  recipient INT NOT NULL,
  callout INT NOT NULL,
  member INT NOT NULL,
  PRIMARY KEY (message, recipient)
) WITHOUT ROWID;
CREATE INDEX callout_target_callout ON callout_target (callout, member);
-- Every answer, in order: append-only; the last one counts.
CREATE TABLE callout_answer (
  callout INT NOT NULL,
  member INT NOT NULL,
  sequence INT NOT NULL,
  duty INT NOT NULL,
  arrives_us TS,
  hurt INT NOT NULL,
  family INT NOT NULL,
  at_us TS NOT NULL,
  PRIMARY KEY (callout, member, sequence)
) WITHOUT ROWID;
