-- Reports of mails that came back and were acted upon, by the digest of their bytes, so that the same one again does nothing. Kept for 7 days.
CREATE TABLE mail_report (
  digest TEXT NOT NULL PRIMARY KEY,
  kind INT NOT NULL,
  at_us TS NOT NULL
);
CREATE INDEX mail_report_at ON mail_report (at_us);
