#include "platform/store/key_list.h"
#include "tell/audiences/audiences_dao.h"

namespace machiya::tell::audiences_dao {

Result<std::unordered_map<std::string, std::int64_t>> holders(store::ReadTx& tx, int channel, const std::vector<std::string>& digests) {
  const bool sqlite = tx.engine() == store::Engine::sqlite;
  // Digests are hex: nothing in them needs quotes.
  std::string list = sqlite ? "[" : "{";
  for (std::size_t i = 0; i < digests.size(); ++i) list += (i ? ",\"" : "\"") + digests[i] + "\"";
  list += sqlite ? "]" : "}";
  MACHIYA_TRY(const auto rows, tx.query(std::string("SELECT digest, recipient FROM recipient_address WHERE channel = :channel AND state = 1 AND digest IN (SELECT ") +
                                            (sqlite ? "value FROM json_each(:digests))" : "unnest(CAST(CAST(:digests AS TEXT) AS TEXT[])))"),
                                        {{"channel", channel}, {"digests", list}}));
  std::unordered_map<std::string, std::int64_t> out;
  for (const store::Row& row : rows) out.emplace(row.text(0), row.integer(1));
  return out;
}

Result<std::unordered_map<std::int64_t, std::int64_t>> of_persons(store::ReadTx& tx, const std::vector<std::int64_t>& persons) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT person, id FROM recipient WHERE person IS NOT NULL AND person " + store::in_keys(tx.engine()), {{"keys", store::key_list(persons, tx.engine())}}));
  std::unordered_map<std::int64_t, std::int64_t> out;
  for (const store::Row& row : rows) out.emplace(row.integer(0), row.integer(1));
  return out;
}

Result<std::vector<Audiences::Way>> ways(store::ReadTx& tx, const std::vector<std::int64_t>& recipients) {
  MACHIYA_TRY(const auto rows, tx.query("SELECT recipient, channel, lang FROM reach WHERE recipient " + store::in_keys(tx.engine()) + " ORDER BY recipient, channel", {{"keys", store::key_list(recipients, tx.engine())}}));
  std::vector<Audiences::Way> out;
  out.reserve(rows.size());
  for (const store::Row& row : rows) out.push_back({row.integer(0), static_cast<int>(row.integer(1)), static_cast<int>(row.integer(2))});
  return out;
}

}  // namespace machiya::tell::audiences_dao
