-- Signed heads (statement.h), and where an archive was cut off (archive.h). Both are only ever added to.
CREATE TABLE audit_statement (
  number INT PRIMARY KEY,
  sequence INT NOT NULL,
  hash BYTES NOT NULL,
  at_us TS NOT NULL,
  key TEXT NOT NULL,
  signature BYTES NOT NULL
);
CREATE TABLE audit_cut (
  number INT PRIMARY KEY,
  sequence INT NOT NULL,
  hash BYTES NOT NULL,
  at_us TS NOT NULL,
  key TEXT NOT NULL,
  signature BYTES NOT NULL
);
