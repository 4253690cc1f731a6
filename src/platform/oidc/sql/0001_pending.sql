-- Log-ins under way: one row from the moment the browser leaves for the provider. Digests, and one sealed text (PKCE verifier, nonce,
-- where to go afterwards). person: who adds a way to log in (0: a plain log-in). used: single use.
CREATE TABLE oidc_pending (
  id ID,
  state TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  browser TEXT NOT NULL,
  sealed TEXT NOT NULL,
  person INT NOT NULL,
  created TS NOT NULL,
  expires TS NOT NULL,
  used TS
);
CREATE INDEX oidc_pending_created ON oidc_pending (created);
