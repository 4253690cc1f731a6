// One search over all registers, beside that of cases (Cases::search): the same folding, the same tokens, the rights of each register.
#include <algorithm>

#include "ask/registers/registers_impl.h"
#include "base/text.h"
#include "platform/identity/decision.h"

namespace machiya::registers {

Result<std::vector<Registers::Hit>> Registers::search(std::string_view text, const identity::Principal& who, int limit, std::string_view request) {
  constexpr std::size_t kFewest = 2;   // a single character has no pair to look for
  std::vector<Hit> out;
  if (count_code_points(fold_for_search(text)) < kFewest) return out;
  for (const auto& reg : all(who)) {
    const Access access = impl_->access(*reg, who);
    if (std::none_of(reg->columns.begin(), reg->columns.end(), [&](const Column& c) { return c.search && access.read(c); })) continue;
    Query query;
    query.search = text, query.limit = limit, query.request = request, query.columns = {reg->title};
    MACHIYA_TRY(Listing found, list(*reg, query, who));
    for (Row& row : found.rows) out.push_back({reg, std::move(row)});
  }
  impl_->p.audit.append_later({who.actor(), "register.search", "register:*", impl_->p.identity.decide(who, "register.read", {}).purpose, std::string(request), json::Value::object({{"found", out.size()}})});
  return out;
}

}  // namespace machiya::registers
