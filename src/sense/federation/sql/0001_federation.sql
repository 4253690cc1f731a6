-- Who this broker is to others (§5.2.40): all processes on one database are one source, and a start does not change it.
CREATE TABLE sense_federation_name (one INT NOT NULL, alias TEXT NOT NULL, PRIMARY KEY (one)) WITHOUT ROWID;
-- Subscriptions that were made at sources for one of ours (§5.8.1.4). `token` is what notifications of the source are known by.
CREATE TABLE sense_federation_subscription (
  token TEXT NOT NULL, tenant TEXT NOT NULL, subscription TEXT NOT NULL, registration TEXT NOT NULL, remote TEXT NOT NULL,
  PRIMARY KEY (token)) WITHOUT ROWID;
CREATE INDEX sense_federation_subscription_of ON sense_federation_subscription (tenant, subscription);
