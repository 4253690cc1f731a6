// Records: what a city keeps about cases, people, households, organisations and places. Sealed under a data key each,
// found by number, name and kana over keyed tokens, erased by deleting the key. The registers of later houses use the
// same table.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/records/records_dao.h"
#include "base/json.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}
namespace machiya::audit {
class Audit;
}

namespace machiya::records {

/// (field, text): ("name","山田 花子"), ("kana","ヤマダ ハナコ"), ("address","…").
using Terms = std::vector<std::pair<std::string, std::string>>;

/// Kinds of a person, household, organisation or place: the first registers.
inline constexpr std::string_view kPerson = "person";
inline constexpr std::string_view kHousehold = "household";
inline constexpr std::string_view kOrganisation = "organisation";
inline constexpr std::string_view kPlace = "place";

/// A record opened for somebody who may read it.
struct Opened {
  RecordRow row;
  json::Value data;
  Terms terms;
};

/// Thread-safe: it holds only references.
class Records {
 public:
  Records(store::Store& store, vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng);

  /// The tokens of all terms, without doubles.
  std::vector<std::int64_t> tokens_of(const Terms& terms) const;
  /// Records of `kind` that have `text` in one of the fields (name, kana, address): candidates come from the tokens and
  /// are checked after decryption. At least two characters, else nothing is found.
  Result<std::vector<Opened>> search(std::string_view kind, std::string_view text, int limit);
  /// The same within one procedure or register (`type`; "": all).
  Result<std::vector<Opened>> search(store::ReadTx& tx, std::string_view kind, std::string_view type, std::string_view text, int limit);

  /// A new party: {"name": …, …} with its search terms. Audited as "record.create".
  Result<std::string> create(std::string_view kind, std::string_view type, const json::Value& data, const Terms& terms,
                             std::string_view actor, std::string_view request);
  Result<std::optional<Opened>> find(std::string_view number);

  /// Facts of a verified person for prefill, recorded by a clerk from evidence: {"name": {...}, "address": {...},
  /// "birth_date": "1990-04-01", "phone": "…"}. Kept as the person's record. An empty object when nothing is known.
  Result<json::Value> facts_of(std::int64_t person);
  Result<json::Value> facts_of(store::ReadTx& tx, std::int64_t person);
  Result<void> put_facts(store::Tx& tx, std::int64_t person, const json::Value& facts, const Terms& terms, std::string_view actor,
                         std::string_view evidence, std::string_view request);

  /// Puts what a provider vouched for at a log-in beside what is known of a person, and before it; writes nothing when it is known.
  Result<void> merge_facts(store::Tx& tx, std::int64_t person, const json::Value& facts, std::string_view actor, std::string_view evidence, std::string_view request);

  /// Erases one record: tokens, data key, sealed parts, place, tie to the person; leaves an audit row "record.erase".
  Result<void> erase(store::Tx& tx, const RecordRow& row, std::string_view why);

  /// Seals {"data": …, "search": …} as every record is stored; `plain_terms` come back from open().
  static json::Value pack(json::Value data, const Terms& terms);
  static Terms terms_in(const json::Value& packed);

 private:
  store::Store& store_;
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
};

inline constexpr std::string_view kDataContext = "record/data";
inline constexpr std::string_view kLogContext = "record/log";
inline constexpr std::string_view kNoteContext = "record/note";

}  // namespace machiya::records
