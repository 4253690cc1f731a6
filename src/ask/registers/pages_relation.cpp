// Relations in forms: people choose or type the title of a row, the register keeps its number.
#include "ask/registers/pages.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

std::vector<Candidate> named(const Web& web, const Register& reg, const Listing& listing, std::string_view lang) {
  std::vector<Candidate> out;
  for (const Row& row : listing.rows) out.push_back({row.number, title_of(web, reg, row, lang)});
  return out;
}

}  // namespace

std::optional<std::vector<Candidate>> choices_of(const Web& web, std::string_view register_id, const identity::Principal& who, std::string_view lang) {
  const auto reg = web.registers.find(register_id, who);
  if (!reg.ok()) return std::nullopt;
  Query query;
  query.limit = kMaxChoices;
  const Column* title = (*reg)->column((*reg)->title);
  if (title && title->filter && !title->personal) query.sort = Sort{title->name, false};
  const auto listing = web.registers.list(**reg, query, who);
  if (!listing.ok() || !listing->next.empty()) return std::nullopt;
  return named(web, **reg, *listing, lang);
}

std::vector<Candidate> candidates(const Web& web, std::string_view register_id, std::string_view typed, const identity::Principal& who, std::string_view lang) {
  const auto reg = web.registers.find(register_id, who);
  if (!reg.ok() || trim(typed).empty()) return {};
  if (const auto row = web.registers.open(**reg, trim(typed), who, ""); row.ok()) return {{row->number, title_of(web, **reg, *row, lang)}};
  const Column* title = (*reg)->column((*reg)->title);
  if (title && title->filter) {
    Query exact;
    exact.where = {{title->name, "is", std::string(trim(typed))}}, exact.limit = 10;
    if (auto found = web.registers.list(**reg, exact, who); found.ok() && !found->rows.empty()) return named(web, **reg, *found, lang);
  }
  Query search;
  search.search = std::string(trim(typed)), search.limit = 10;
  auto found = web.registers.list(**reg, search, who);
  return found.ok() ? named(web, **reg, *found, lang) : std::vector<Candidate>{};
}

std::optional<std::string> resolve(const Web& web, std::string_view register_id, std::string_view typed, const identity::Principal& who, std::string_view lang) {
  const auto found = candidates(web, register_id, typed, who, lang);
  const std::string wanted = fold_for_search(trim(typed));
  std::optional<std::string> out;
  for (const Candidate& c : found) {
    if (c.number == trim(typed)) return c.number;
    if (fold_for_search(c.title) != wanted) continue;
    if (out) return std::nullopt;   // two rows of one name
    out = c.number;
  }
  return out;
}

}  // namespace machiya::registers::detail
