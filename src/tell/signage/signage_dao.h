// All SQL of signage.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tell/signage/signage.h"

namespace machiya::signage::dao {

Result<std::optional<Screen>> find(store::ReadTx& tx, std::string_view public_id);
Result<std::optional<Screen>> by_token(store::ReadTx& tx, std::string_view token);
Result<std::vector<Screen>> list(store::ReadTx& tx);
Result<void> insert(store::Tx& tx, const Screen& screen);
/// False when its revision is another one by now, or it was retired.
Result<bool> update(store::Tx& tx, const Screen& screen, int revision);
Result<bool> set_token(store::Tx& tx, std::int64_t id, std::string_view token, Instant now);
Result<bool> retire(store::Tx& tx, std::int64_t id, Instant now);

struct Outside {
  std::string sender, identifier, client, cap;
  Instant sent, received;
};
/// False when it is known.
Result<bool> insert_alert(store::Tx& tx, const Outside& alert);
/// Received behind `since`, newest first.
Result<std::vector<Outside>> alerts(store::ReadTx& tx, Instant since, int limit);
Result<void> end(store::Tx& tx, std::string_view thread, std::string_view actor, Instant now);
/// By thread, when.
Result<std::map<std::string, Instant>> ended(store::ReadTx& tx, Instant since);

/// False when the sequence is known.
Result<bool> insert_play(store::Tx& tx, std::int64_t screen, std::string_view player, const Play& play, Instant now);
Result<std::vector<ReportLine>> report(store::ReadTx& tx, std::int64_t screen, Instant from, Instant to);
Result<void> put_seen(store::Tx& tx, std::int64_t screen, const Seen& seen);
Result<std::optional<Seen>> seen(store::ReadTx& tx, std::int64_t screen);

Result<void> bump(store::Tx& tx);
Result<std::int64_t> revision(store::ReadTx& tx);

}  // namespace machiya::signage::dao
