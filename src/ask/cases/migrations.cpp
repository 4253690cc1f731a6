#include "ask/cases/cases.h"

namespace machiya::cases {
namespace {

constexpr std::string_view kSnapshot = R"sql(
CREATE TABLE definition_snapshot (
  hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INT NOT NULL,
  body TEXT NOT NULL,
  stored TS NOT NULL
);
CREATE TABLE case_document (
  record INT NOT NULL,
  public_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  sealed BYTES NOT NULL,
  issued TS NOT NULL,
  PRIMARY KEY (record, public_id)
);
)sql";

// Statistics hold no personal data: sums by procedure and month.
constexpr std::string_view kStatistics = R"sql(
CREATE TABLE case_count (
  procedure TEXT NOT NULL,
  month TEXT NOT NULL,
  what TEXT NOT NULL,
  amount INT NOT NULL,
  PRIMARY KEY (procedure, month, what)
);
CREATE TABLE case_state_days (
  procedure TEXT NOT NULL,
  month TEXT NOT NULL,
  state TEXT NOT NULL,
  days INT NOT NULL,
  amount INT NOT NULL,
  PRIMARY KEY (procedure, month, state, days)
);
CREATE TABLE page_visit (
  procedure TEXT NOT NULL,
  month TEXT NOT NULL,
  page TEXT NOT NULL,
  place INT NOT NULL,
  amount INT NOT NULL,
  PRIMARY KEY (procedure, month, page)
);
)sql";

// The decisions that a version of a procedure computes with: `whole` is the hash that its cases carry.
constexpr std::string_view kParts = R"sql(
CREATE TABLE definition_part (
  whole TEXT NOT NULL,
  part TEXT NOT NULL,
  PRIMARY KEY (whole, part)
);
)sql";

// What was signed, by whose certificate, and how that was judged (signatures::Accepted), sealed with the case's key.
constexpr std::string_view kSignature = R"sql(
CREATE TABLE case_signature (
  id ID,
  record INT NOT NULL,
  way TEXT NOT NULL,
  revocation TEXT NOT NULL,
  sealed BYTES NOT NULL,
  at TS NOT NULL
);
CREATE INDEX case_signature_record ON case_signature (record);
)sql";

}  // namespace

std::vector<store::Migration> Cases::migrations() {
  // A case is a record: the tables of module records come first.
  std::vector<store::Migration> out = records::migrations();
  out.push_back({"cases", 1, "snapshot", kSnapshot, ""});
  out.push_back({"cases", 2, "statistics", kStatistics, ""});
  out.push_back({"cases", 3, "decisions", kParts, ""});
  out.push_back({"cases", 4, "signature", kSignature, ""});
  return out;
}

}  // namespace machiya::cases
