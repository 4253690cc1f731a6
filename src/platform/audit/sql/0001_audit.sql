-- The rows are written in the transaction of the act and never touched again. The sealer adds one audit_seal for each,
-- in the order of its own sequence, and moves the single row of audit_head. Frozen: the hash is over these columns.
CREATE TABLE audit_row (
  id ID,
  at_us TS NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  purpose TEXT NOT NULL,
  request TEXT NOT NULL,
  facts JSON NOT NULL
);
CREATE INDEX audit_row_object ON audit_row (object, id);
CREATE TABLE audit_seal (
  sequence INT PRIMARY KEY,
  row_id INT NOT NULL UNIQUE,
  hash BYTES NOT NULL
);
CREATE TABLE audit_head (
  one INT PRIMARY KEY,
  sequence INT NOT NULL,
  hash BYTES NOT NULL
);
