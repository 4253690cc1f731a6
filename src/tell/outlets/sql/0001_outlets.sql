-- What was, is or will be put before the public: one row for each message, outlet and part (a carrier). `body` as it leaves, kept as proof.
-- state 0: waits; 1: published; 2: refused; 3: given up; 4: withdrawn before it left; 5: drill. Nothing of a drill is ever in a state from which
-- something leaves: the database itself refuses such a row.
CREATE TABLE tell_publication (
  id ID,
  message TEXT NOT NULL,
  thread TEXT NOT NULL,
  outlet TEXT NOT NULL,
  part TEXT NOT NULL,
  class INT NOT NULL,
  drill INT NOT NULL,
  state INT NOT NULL,
  key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INT NOT NULL,
  reason TEXT NOT NULL,
  due_us TS NOT NULL,
  lease_us TS NOT NULL,
  created_us TS NOT NULL,
  changed_us TS NOT NULL,
  CONSTRAINT tell_publication_drill CHECK ((drill = 1 AND state = 5) OR (drill = 0 AND state <> 5))
);
CREATE UNIQUE INDEX tell_publication_one ON tell_publication (message, outlet, part);
CREATE INDEX tell_publication_waits ON tell_publication (outlet, due_us) WHERE state = 0;
