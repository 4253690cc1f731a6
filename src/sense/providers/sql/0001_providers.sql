-- Context providers of NGSIv2 (/v2/registrations) as they were sent (provider.h), with the service path that each stands at and how forwarding went.
CREATE TABLE sense_provider (
  tenant TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL, created_us TS NOT NULL, modified_us TS NOT NULL,
  sent INT NOT NULL, last_us TS, success_us TS, failure_us TS,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
