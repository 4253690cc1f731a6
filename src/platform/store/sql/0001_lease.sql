-- Rights that one process holds at a time (sealer of the audit, delivery of events). The fence grows with every change
-- of hands; work done under an older one is refused.
CREATE TABLE store_lease (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fence INT NOT NULL,
  expires_us TS NOT NULL
);
