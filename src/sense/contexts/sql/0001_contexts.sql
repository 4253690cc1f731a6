-- @contexts that the broker keeps (src/sense/contexts/README.md): hosted for clients, made for subscriptions, fetched. kind as ContextKind; url is empty when the
-- document has no other address than ours.
CREATE TABLE sense_context (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  kind INT NOT NULL,
  url TEXT NOT NULL,
  body BYTES NOT NULL,
  created_us TS NOT NULL
);
