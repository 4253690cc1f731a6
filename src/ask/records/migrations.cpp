#include "ask/records/records_dao.h"

namespace machiya::records {
namespace {

constexpr std::string_view kRecord = R"sql(
CREATE TABLE record (
  id ID,
  number TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  version INT NOT NULL,
  initiative INT NOT NULL,
  title TEXT NOT NULL,
  workflow TEXT NOT NULL,
  definition TEXT NOT NULL,
  rules TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  department TEXT NOT NULL,
  assignee TEXT NOT NULL,
  person INT,
  channel TEXT NOT NULL,
  lang TEXT NOT NULL,
  category TEXT NOT NULL,
  fee INT NOT NULL,
  data_key INT,
  sealed BYTES,
  sealed_log BYTES,
  proposal TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  asked TEXT NOT NULL,
  clock INT NOT NULL,
  due TS,
  clock_left INT,
  lat REAL,
  lon REAL,
  publicity INT NOT NULL,
  revision INT NOT NULL,
  created TS NOT NULL,
  changed TS NOT NULL,
  entered TS NOT NULL,
  ended TS,
  erase_after TS,
  document TEXT NOT NULL,
  idempotency TEXT
);
CREATE UNIQUE INDEX record_idempotency ON record (idempotency) WHERE idempotency IS NOT NULL;
CREATE INDEX record_open ON record (department, id) WHERE ended IS NULL;
CREATE INDEX record_person ON record (person, kind, id) WHERE person IS NOT NULL;
CREATE INDEX record_public ON record (type, id) WHERE publicity > 0;
CREATE INDEX record_erase ON record (erase_after) WHERE erase_after IS NOT NULL;
CREATE TABLE record_event (
  record INT NOT NULL,
  sequence INT NOT NULL,
  at TS NOT NULL,
  state TEXT NOT NULL,
  action TEXT NOT NULL,
  actor TEXT NOT NULL,
  fields TEXT NOT NULL,
  sealed BYTES,
  PRIMARY KEY (record, sequence)
);
)sql";

// Tokens are clustered by token: no second index by record, because the tokens of a record can be worked out again
// from its sealed search terms when it is erased.
constexpr std::string_view kTokenSqlite = R"sql(
CREATE TABLE record_token (
  token INT NOT NULL,
  record INT NOT NULL,
  PRIMARY KEY (token, record)
) WITHOUT ROWID;
)sql";
constexpr std::string_view kTokenPostgres = R"sql(
CREATE TABLE record_token (
  token INT NOT NULL,
  record INT NOT NULL,
  PRIMARY KEY (token, record)
);
)sql";

// Registers: columns that are not personal stand in `data`; what lists filter and sort by stands in record_value as text whose
// byte order is the order of the values. By record too: a list that walks one column asks for the others of the same row.
constexpr std::string_view kRegisterSqlite = R"sql(
ALTER TABLE record ADD COLUMN data JSON;
CREATE INDEX record_register ON record (type, id) WHERE kind = 'register';
CREATE TABLE record_value (
  field INT NOT NULL,
  value TEXT NOT NULL,
  record INT NOT NULL,
  PRIMARY KEY (field, value, record)
) WITHOUT ROWID;
CREATE INDEX record_value_record ON record_value (record, field, value);
)sql";
constexpr std::string_view kRegisterPostgres = R"sql(
ALTER TABLE record ADD COLUMN data JSON;
CREATE INDEX record_register ON record (type, id) WHERE kind = 'register';
CREATE TABLE record_value (
  field INT NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  record INT NOT NULL,
  PRIMARY KEY (field, value, record)
);
CREATE INDEX record_value_record ON record_value (record, field, value);
)sql";

// touch_dao.h
constexpr std::string_view kTouch = R"sql(
CREATE TABLE record_touch (
  type TEXT NOT NULL,
  at INT NOT NULL,
  first INT NOT NULL,
  last INT NOT NULL,
  noted TS NOT NULL,
  PRIMARY KEY (type, at, first, last)
) WITHOUT ROWID;
)sql";

}  // namespace

std::vector<store::Migration> migrations() {
  return {{"records", 1, "record", kRecord, ""}, {"records", 2, "token", kTokenSqlite, kTokenPostgres},
          {"records", 3, "register", kRegisterSqlite, kRegisterPostgres},
          {"records", 4, "touch", kTouch, ""}};
}

}  // namespace machiya::records
