-- The electronic signature of a draft that is not sent yet, and a request for one that is under way at a provider (`state`: digest of what its answer
-- will carry; "" for none). Sealed with the draft's key; goes with the draft, or into the case.
CREATE TABLE draft_signature (
  draft INT PRIMARY KEY,
  state TEXT NOT NULL,
  sealed BYTES NOT NULL,
  changed TS NOT NULL
);
CREATE INDEX draft_signature_state ON draft_signature (state);
