#include "ask/registers/column_index.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace machiya::registers {
namespace {

/// A condition turned into a question to a row's code.
class Test {
 public:
  Test(const ColumnValues& column, const Range& range, std::size_t rows) : column_(column), negated_(range.negated) {
    if (range.has) {
      set_ = column.containing(range.low);
      for (std::uint32_t v = 0; v < set_.size(); ++v)
        if (set_[v]) entries_ += column.start(v + 1) - column.start(v);
    } else {
      stretch_ = column.stretch(range);
      entries_ = column.start(stretch_.last) - column.start(stretch_.first);
    }
    if (!column.many()) return;
    rows_.assign(rows, false);
    each([&](std::uint32_t row) { return rows_[row] = true; });
  }
  bool fits(std::uint32_t row) const {
    if (!rows_.empty()) return rows_[row] != negated_;
    const std::uint32_t code = column_.code(row);
    if (set_.empty()) return (code > stretch_.first && code <= stretch_.last) != negated_;
    return (code != 0 && set_[code - 1]) != negated_;
  }
  bool negated() const { return negated_; }
  /// Of the values, not minding `negated`; a row with several of them counts several times.
  std::size_t entries() const { return entries_; }
  /// Its entries stand side by side, so that a walk may be confined to them.
  bool in_one_piece() const { return set_.empty() && !negated_; }
  /// One value: its rows stand in the order of their keys.
  bool one_value() const { return in_one_piece() && stretch_.last - stretch_.first <= 1; }
  std::uint32_t first() const { return column_.start(stretch_.first); }
  std::uint32_t last() const { return column_.start(stretch_.last); }
  const ColumnValues& column() const { return column_; }
  /// Calls `f` with the rows of its values, until it gives false; a row with several values may come several times.
  template <class F>
  void each(const F& f) const {
    if (set_.empty()) {
      for (std::uint32_t e = first(); e < last(); ++e)
        if (!f(column_.row(e))) return;
      return;
    }
    for (std::uint32_t v = 0; v < set_.size(); ++v)
      if (set_[v])
        for (std::uint32_t e = column_.start(v); e < column_.start(v + 1); ++e)
          if (!f(column_.row(e))) return;
  }

 private:
  const ColumnValues& column_;
  bool negated_;
  ColumnValues::Stretch stretch_;
  std::vector<bool> set_;    ///< by value, for `has`
  std::vector<bool> rows_;   ///< by row, where rows have several values
  std::size_t entries_ = 0;
};

/// One row of an answer on its way: its place in the order.
struct Placed {
  std::string_view value;
  std::int64_t id = 0;
  friend auto operator<=>(const Placed&, const Placed&) = default;
};

/// A list over the base, without the rows that have changed.
class BaseList {
 public:
  BaseList(const ColumnBase& base, const ListQuery& query, const std::vector<bool>& stale, const std::vector<std::uint32_t>& stale_rows)
      : base_(base), query_(query), stale_(stale), stale_rows_(stale_rows), order_(query.sort ? base.field(*query.sort) : nullptr) {
    tests_.reserve(query.ranges.size());
    for (const Range& range : query.ranges) tests_.emplace_back(*base.field(range.field), range, base.ids.size());
    for (const Test& test : tests_)
      if (!test.negated() && (driver_ == nullptr || test.entries() < driver_->entries())) driver_ = &test;
  }

  std::int64_t count(bool& more) const {
    const auto all = static_cast<std::int64_t>(base_.ids.size());
    std::int64_t out = 0;
    if (query_.among != nullptr) {
      candidates([&](std::uint32_t row) { return out += fits(row, nullptr), true; });
    } else if (tests_.empty()) {
      out = all;
    } else if (tests_.size() == 1 && !tests_[0].column().many()) {
      const auto entries = static_cast<std::int64_t>(tests_[0].entries());
      out = tests_[0].negated() ? all - entries : entries;
    } else {
      const std::int64_t most = query_.counted + 1 + static_cast<std::int64_t>(stale_rows_.size());
      std::vector<bool> seen(driver_ != nullptr && driver_->column().many() ? base_.ids.size() : 0, false);
      candidates([&](std::uint32_t row) {
        if (!seen.empty()) {
          if (seen[row]) return true;
          seen[row] = true;
        }
        out += fits(row, driver_);
        return out < most;
      });
    }
    for (const std::uint32_t row : stale_rows_) out -= fits(row, nullptr) && (query_.among == nullptr || std::binary_search(query_.among->begin(), query_.among->end(), base_.ids[row]));
    more = out > query_.counted && tests_.size() > 1 && query_.among == nullptr;
    return more ? query_.counted : out;
  }

  /// The first rows of the page, in order.
  std::vector<Placed> page() const {
    std::vector<std::uint32_t> rows;
    const double all = static_cast<double>(base_.ids.size());
    const auto leads = [&](const Test& t) { return order_ != nullptr ? &t.column() == order_ && t.in_one_piece() : &t == driver_ && t.one_value(); };
    // A walk meets what fits as often as the other conditions let it; gathering costs the entries of the narrowest condition.
    double share = 1;
    for (const Test& t : tests_)
      if (!leads(t)) share *= t.negated() ? 1 - static_cast<double>(t.entries()) / (all + 1) : static_cast<double>(t.entries()) / (all + 1);
    const double entries = driver_ != nullptr ? static_cast<double>(driver_->entries()) : all, expected = static_cast<double>(query_.limit) / std::max(share, 1e-9);
    const auto budget = static_cast<std::uint64_t>(2 * entries) + 2 * query_.limit;
    if (query_.among != nullptr || expected > entries || !walk(leads, budget, rows)) rows = gather();
    std::vector<Placed> out;
    out.reserve(rows.size());
    for (const std::uint32_t row : rows) out.push_back({order_ != nullptr ? order_->value(order_->code(row) - 1) : std::string_view(), base_.ids[row]});
    return out;
  }

 private:
  bool fits(std::uint32_t row, const Test* but) const {
    for (const Test& test : tests_)
      if (&test != but && !test.fits(row)) return false;
    return true;
  }
  template <class F>
  void candidates(const F& f) const {
    if (query_.among != nullptr) {
      for (const std::int64_t id : *query_.among)
        if (const auto row = base_.row(id); row && !f(*row)) return;
      return;
    }
    if (driver_ != nullptr) return driver_->each(f);
    for (std::uint32_t row = 0; row < base_.ids.size(); ++row)
      if (!f(row)) return;
  }
  /// Position of the first key that is not less than the cursor's (or, `behind`, that is greater).
  std::uint32_t row_bound(bool behind) const {
    const auto& ids = base_.ids;
    const auto at = behind ? std::upper_bound(ids.begin(), ids.end(), query_.after->second) : std::lower_bound(ids.begin(), ids.end(), query_.after->second);
    return static_cast<std::uint32_t>(at - ids.begin());
  }
  /// Among the entries from `first` to `last`, sorted by row: the first at or behind a row.
  static std::uint32_t entry_at(const ColumnValues& column, std::uint32_t first, std::uint32_t last, std::uint32_t row) {
    while (first < last) {
      const std::uint32_t middle = first + (last - first) / 2;
      if (column.row(middle) < row) first = middle + 1;
      else last = middle;
    }
    return first;
  }

  /// Goes along the order, from the cursor on, and keeps what fits. False when that takes more than `budget` steps.
  template <class Leads>
  bool walk(const Leads& leads, std::uint64_t budget, std::vector<std::uint32_t>& out) const {
    const ColumnValues* along = order_;
    std::uint32_t first = 0, last = static_cast<std::uint32_t>(order_ != nullptr ? order_->entries() : base_.ids.size());
    std::vector<const Test*> asked;
    for (const Test& t : tests_) {
      if (!leads(t)) {
        asked.push_back(&t);
        continue;
      }
      along = &t.column();
      first = std::max(first, t.first()), last = order_ != nullptr ? std::min(last, t.last()) : t.last();
    }
    if (query_.after) {
      const bool behind = !query_.descending;   // the row of the cursor itself is not wanted: upwards begin behind it, downwards end before it
      const std::uint32_t row = row_bound(behind);
      std::uint32_t at = row;
      if (order_ != nullptr) {
        const std::uint32_t v = order_->bound(query_.after->first, false);
        const bool there = v < order_->values() && order_->value(v) == query_.after->first;
        at = there ? entry_at(*order_, order_->start(v), order_->start(v + 1), row) : order_->start(v);
      } else if (along != nullptr) {
        at = entry_at(*along, first, last, row);
      }
      if (query_.descending) last = std::min(last, at);
      else first = std::max(first, at);
    }
    for (std::uint64_t step = 0; first < last && out.size() < query_.limit; ++step) {
      if (step >= budget) return false;
      const std::uint32_t at = query_.descending ? --last : first++;
      const std::uint32_t row = along != nullptr ? along->row(at) : at;
      if (!stale_[row] && std::all_of(asked.begin(), asked.end(), [&](const Test* t) { return t->fits(row); })) out.push_back(row);
    }
    return true;
  }

  /// Everything that fits, of which the first are sorted out.
  std::vector<std::uint32_t> gather() const {
    std::vector<std::uint64_t> places;   // (code of the sort value, row)
    const auto place = [&](std::uint32_t row) { return (order_ != nullptr ? static_cast<std::uint64_t>(order_->code(row)) << 32 : 0) | row; };
    const auto [from, until] = cursor_places();
    candidates([&](std::uint32_t row) {
      if (stale_[row] || (order_ != nullptr && order_->code(row) == 0) || !fits(row, query_.among != nullptr ? nullptr : driver_)) return true;
      if (const std::uint64_t p = place(row); p >= from && p < until) places.push_back(p);
      return true;
    });
    const auto take = [&](const auto& before) {
      if (driver_ != nullptr && driver_->column().many()) {   // a row may have come twice
        std::sort(places.begin(), places.end(), before);
        places.erase(std::unique(places.begin(), places.end()), places.end());
        if (places.size() > query_.limit) places.resize(query_.limit);
        return;
      }
      const std::size_t n = std::min(query_.limit, places.size());
      if (n < places.size()) std::nth_element(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(n), places.end(), before);
      places.resize(n);
      std::sort(places.begin(), places.end(), before);
    };
    if (query_.descending) take(std::greater<>());
    else take(std::less<>());
    std::vector<std::uint32_t> out;
    out.reserve(places.size());
    for (const std::uint64_t p : places) out.push_back(static_cast<std::uint32_t>(p));
    return out;
  }
  /// The places behind the cursor: from the first on, until before the second.
  std::pair<std::uint64_t, std::uint64_t> cursor_places() const {
    constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
    if (!query_.after) return {0, kEnd};
    const std::uint32_t row = row_bound(!query_.descending);
    std::uint64_t at = row;
    if (order_ != nullptr) {
      const std::uint32_t v = order_->bound(query_.after->first, false);
      const bool there = v < order_->values() && order_->value(v) == query_.after->first;
      at = (static_cast<std::uint64_t>(v + 1) << 32) | (there ? row : 0);
    }
    return query_.descending ? std::pair<std::uint64_t, std::uint64_t>{0, at} : std::pair<std::uint64_t, std::uint64_t>{at, kEnd};
  }

  const ColumnBase& base_;
  const ListQuery& query_;
  const std::vector<bool>& stale_;
  const std::vector<std::uint32_t>& stale_rows_;
  const ColumnValues* order_;
  std::vector<Test> tests_;
  const Test* driver_ = nullptr;   ///< the narrowest condition
};

bool fits(const std::vector<dao::IndexEntry>& row, const Range& range) {
  auto at = std::lower_bound(row.begin(), row.end(), range.field, [](const dao::IndexEntry& e, std::int64_t field) { return e.field < field; });
  for (; at != row.end() && at->field == range.field; ++at)
    if (range.holds(at->value)) return !range.negated;
  return range.negated;
}

/// Those of the changed rows that fit: all, and those of the page in order.
std::vector<Placed> fitting(const std::map<std::int64_t, std::vector<dao::IndexEntry>>& changes, const ListQuery& query, std::int64_t& count) {
  std::vector<Placed> out;
  const Placed cursor = query.after ? Placed{query.after->first, query.after->second} : Placed{};
  for (const auto& [id, entries] : changes) {
    if (query.among != nullptr && !std::binary_search(query.among->begin(), query.among->end(), id)) continue;
    if (entries.empty() || !std::all_of(query.ranges.begin(), query.ranges.end(), [&](const Range& r) { return fits(entries, r); })) continue;
    ++count;
    Placed place{{}, id};
    if (query.sort) {
      const auto at = std::lower_bound(entries.begin(), entries.end(), *query.sort, [](const dao::IndexEntry& e, std::int64_t field) { return e.field < field; });
      if (at == entries.end() || at->field != *query.sort) continue;
      place.value = at->value;
    }
    if (!query.after || (query.descending ? place < cursor : place > cursor)) out.push_back(place);
  }
  if (query.descending) std::sort(out.begin(), out.end(), std::greater<>());
  else std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::optional<std::uint32_t> ColumnBase::row(std::int64_t id) const {
  const auto at = std::lower_bound(ids.begin(), ids.end(), id);
  if (at == ids.end() || *at != id) return std::nullopt;
  return static_cast<std::uint32_t>(at - ids.begin());
}

std::size_t ColumnBase::bytes() const {
  std::size_t out = ids.size() * sizeof(std::int64_t);
  for (const auto& [id, values] : fields) out += values->bytes();
  return out;
}

ColumnIndex::ColumnIndex(std::shared_ptr<const ColumnBase> base) : base_(std::move(base)), stale_(base_->ids.size(), false) {}

bool ColumnIndex::serves(const ListQuery& query) const {
  // A sort by a column with several values is refused before it comes here; should one come, the statements answer it.
  if (query.sort && (base_->field(*query.sort) == nullptr || base_->field(*query.sort)->many())) return false;
  return std::all_of(query.ranges.begin(), query.ranges.end(), [&](const Range& r) { return base_->field(r.field) != nullptr; });
}

ListAnswer ColumnIndex::list(const ListQuery& query) const {
  const BaseList base(*base_, query, stale_, stale_rows_);
  ListAnswer out;
  std::int64_t changed = 0;
  const std::vector<Placed> old = base.page(), fresh = fitting(changes_, query, changed);
  out.total = base.count(out.more) + (out.more ? 0 : changed);
  auto a = old.begin();
  auto b = fresh.begin();
  const auto before = [&](const Placed& x, const Placed& y) { return query.descending ? x > y : x < y; };
  while (out.ids.size() < query.limit && (a != old.end() || b != fresh.end())) {
    const Placed& next = b == fresh.end() || (a != old.end() && before(*a, *b)) ? *a++ : *b++;
    out.ids.push_back(next.id), out.next_value = next.value;
  }
  return out;
}

std::vector<std::int64_t> ColumnIndex::containing(std::int64_t field, std::string_view text, std::size_t limit) const {
  std::vector<std::int64_t> out;
  const ColumnValues* column = base_->field(field);
  if (column == nullptr) return out;
  const std::vector<bool> held = column->containing(text);
  for (std::uint32_t v = 0; v < held.size(); ++v)
    for (std::uint32_t e = held[v] ? column->start(v) : column->start(v + 1); e < column->start(v + 1); ++e)
      if (!stale_[column->row(e)]) out.push_back(base_->ids[column->row(e)]);
  for (const auto& [id, entries] : changes_)
    if (std::any_of(entries.begin(), entries.end(), [&](const dao::IndexEntry& e) { return e.field == field && e.value.find(text) != std::string::npos; })) out.push_back(id);
  std::sort(out.begin(), out.end(), std::greater<>());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (out.size() > limit) out.resize(limit);
  return out;
}

std::size_t ColumnIndex::longest(std::int64_t field) const {
  const ColumnValues* column = base_->field(field);
  if (column == nullptr) return std::numeric_limits<std::size_t>::max();
  std::size_t out = column->longest();
  for (const auto& [id, entries] : changes_)
    for (const dao::IndexEntry& e : entries)
      if (e.field == field) out = std::max(out, e.value.size());
  return out;
}

void ColumnIndex::put(ChangedRow row) {
  if (const auto at = base_->row(row.id); at && !stale_[*at]) stale_[*at] = true, stale_rows_.push_back(*at);
  changes_[row.id] = std::move(row.entries);
}

ColumnBase merged(const ColumnBase& base, const std::map<std::int64_t, std::vector<dao::IndexEntry>>& changes) {
  constexpr std::uint32_t kGone = std::numeric_limits<std::uint32_t>::max();
  ColumnBase out;
  std::vector<std::uint32_t> place(base.ids.size(), kGone);   // of the old rows among the new ones
  std::map<std::int64_t, std::vector<std::pair<std::string_view, std::uint32_t>>> fresh;
  out.ids.reserve(base.ids.size() + changes.size());
  auto change = changes.begin();
  const auto take = [&] {
    if (!change->second.empty()) {
      for (const dao::IndexEntry& e : change->second) fresh[e.field].emplace_back(e.value, static_cast<std::uint32_t>(out.ids.size()));
      out.ids.push_back(change->first);
    }
    ++change;
  };
  for (std::uint32_t row = 0; row < base.ids.size(); ++row) {
    while (change != changes.end() && change->first < base.ids[row]) take();
    if (change != changes.end() && change->first == base.ids[row]) {
      take();
      continue;
    }
    place[row] = static_cast<std::uint32_t>(out.ids.size());
    out.ids.push_back(base.ids[row]);
  }
  while (change != changes.end()) take();
  for (const auto& [field, values] : base.fields) {
    ColumnValues::Builder builder(out.ids.size());
    auto& added = fresh[field];
    std::sort(added.begin(), added.end());
    auto next = added.begin();
    for (std::uint32_t v = 0; v < values->values(); ++v) {
      const std::string_view value = values->value(v);
      for (std::uint32_t e = values->start(v); e < values->start(v + 1); ++e) {
        const std::uint32_t row = place[values->row(e)];
        if (row == kGone) continue;
        for (; next != added.end() && std::tie(next->first, next->second) < std::tie(value, row); ++next) builder.add(next->first, next->second);
        builder.add(value, row);
      }
    }
    for (; next != added.end(); ++next) builder.add(next->first, next->second);
    out.fields.emplace(field, std::make_shared<const ColumnValues>(builder.finish()));
  }
  return out;
}

}  // namespace machiya::registers
