-- Firings of triggers by the key that the caller gave, so that the same one sends nothing again. `digest`: of what was said with it.
CREATE TABLE campaign_firing (
  key TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL,
  message TEXT NOT NULL,
  at_us TS NOT NULL
);
