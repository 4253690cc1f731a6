// The search box of a list: rows in which one of the searched columns holds the text, folded as in every search of the house. A text is looked up by
// its pairs of characters (search tokens), so that sealed columns can be searched too; who has all the pairs may still not have the text, so rows
// are opened and looked at. A column whose values stand in the index in memory is searched there, and needs no second look.
#include <algorithm>

#include "ask/registers/registers_impl.h"
#include "base/text.h"

namespace machiya::registers {
namespace {

using Keys = std::vector<std::int64_t>;

void append(Keys& to, const Keys& more) { to.insert(to.end(), more.begin(), more.end()); }
void in_order(Keys& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

Result<Keys> with_pairs_of(store::ReadTx& tx, const vault::Vault& vault, const Register& reg, const Column& c, std::string_view text, const RegisterCache::View* view) {
  Keys tokens = vault.search_tokens(search_field(reg, c), text);
  in_order(tokens);
  return view != nullptr ? view->records_with_tokens(tx, tokens, kSearched) : records::records_with_tokens(tx, tokens, kSearched);
}

bool holds(const std::vector<const Column*>& columns, const Values& values, const std::string& folded) {
  return std::any_of(columns.begin(), columns.end(), [&](const Column* c) { return fold_for_search(search_text(*c, values[c->name])).find(folded) != std::string::npos; });
}

}  // namespace

Result<Keys> Registers::Impl::rows_holding(store::ReadTx& tx, const Register& reg, std::string_view text, const Access& access, const RegisterCache::View* view) const {
  const std::string folded = fold_for_search(text);
  const bool pairs = count_code_points(folded) >= 2;
  Keys certain, likely;
  std::vector<const Column*> looked_at;
  for (const Column& c : reg.columns) {
    if (!c.search || !access.read(c)) continue;
    if (view != nullptr && pairs && c.in_index() && has_folded_keys(c) && view->index()->longest(c.field) < kWholeKey) {
      append(certain, view->index()->containing(c.field, folded, kSearched));
    } else {
      MACHIYA_TRY(const Keys found, with_pairs_of(tx, p.vault, reg, c, text, view));
      append(likely, found), looked_at.push_back(&c);
    }
    if (!c.in_index()) continue;
    if (const auto key = key_of_text(c, trim(text)); key && !key->empty()) {   // the whole value: found however many hold parts of it
      MACHIYA_TRY(const Keys same, dao::records_with(tx, {c.field, *key}, kSearched));
      append(has_folded_keys(c) ? certain : likely, same);
    }
  }
  in_order(certain), in_order(likely);
  Keys open;
  std::set_difference(likely.begin(), likely.end(), certain.begin(), certain.end(), std::back_inserter(open));
  const bool sealed = std::any_of(looked_at.begin(), looked_at.end(), [](const Column* c) { return c->personal || c->moves; });
  MACHIYA_TRY(auto rows, records::listed_rows_of(tx, open, sealed));
  if (sealed) MACHIYA_CHECK(fetch_keys(tx, rows));
  for (dao::StoredRow& row : rows) {
    const std::int64_t id = row.id;
    MACHIYA_TRY(const FullRow one, full(tx, reg, std::move(row), sealed));
    if (holds(looked_at, one.values, folded)) certain.push_back(id);
  }
  in_order(certain);
  return certain;
}

}  // namespace machiya::registers
