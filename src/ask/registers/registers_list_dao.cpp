// What a list reads: its rows in order, and how many there are. Few rows are gathered (registers_sets_dao.cpp); many are met soon by
// walking the order and asking each row for the other conditions; when that does not meet enough of them, they are gathered after all.
#include <algorithm>

#include "ask/registers/list_ranges.h"
#include "ask/registers/list_sets_dao.h"
#include "ask/registers/list_sql.h"
#include "base/text.h"

namespace machiya::registers {

namespace {

/// So many rows are asked for the other conditions of a count.
constexpr std::int64_t kLookedAt = 1'000;
/// Up to so many gathered rows are sorted; more are met soon in the order itself, where an entry costs a thirtieth of a look.
constexpr std::size_t kSorted = 1'000, kEntriesOfALook = 30;
/// Rows asked on a walk for each row that is wanted, before all that fit are gathered.
constexpr std::int64_t kAskedForOne = 40;

using Cursor = std::optional<std::pair<std::string, std::int64_t>>;
struct Entry {
  std::string value;
  std::int64_t record = 0;
};

/// Entries of the order behind the cursor, and which condition they all fulfil by standing there; -1: none.
struct Order {
  const std::string order, beyond;
  const Registers::Impl::Plan& plan;
  int fulfilled = -1;

  explicit Order(const Registers::Impl::Plan& p) : order(p.descending ? " DESC" : ""), beyond(p.descending ? " < " : " > "), plan(p) {
    if (plan.sort) fulfilled = plan.own();
    else if (plan.driver >= 0 && plan.ranges[static_cast<std::size_t>(plan.driver)].equal()) fulfilled = plan.driver;
  }
  Result<std::vector<Entry>> read(store::ReadTx& tx, const Cursor& after, std::int64_t limit) const {
    Sql sql{tx.engine(), "", {}, {}};
    const Range* lead = fulfilled >= 0 ? &plan.ranges[static_cast<std::size_t>(fulfilled)] : nullptr;
    if (plan.sort) {
      sql.text = "SELECT s.value, s.record FROM record_value s WHERE " + (lead != nullptr ? sql.match("s", *lead) : "s.field = " + sql.bind(*plan.sort));
      if (after) sql.text += " AND (s.value, s.record)" + beyond + "(" + sql.bind(after->first) + ", " + sql.bind(after->second) + ")";
      sql.text += " ORDER BY s.value" + order + ", s.record" + order;
    } else {
      const std::string key = lead != nullptr ? "s.record" : "s.id";
      sql.text = "SELECT '', " + key + (lead != nullptr ? " FROM record_value s WHERE " + sql.match("s", *lead)
                                                        : " FROM record s WHERE s.kind = 'register' AND s.type = " + sql.bind(plan.type));
      if (after) sql.text += " AND " + key + beyond + sql.bind(after->second);
      sql.text += " ORDER BY " + key + order;
    }
    sql.text += " LIMIT " + sql.bind(limit);
    MACHIYA_TRY(const auto rows, tx.query(sql.text, sql.binds()));
    std::vector<Entry> out;
    out.reserve(rows.size());
    for (const store::Row& r : rows) out.push_back({r.text(0), r.integer(1)});
    return out;
  }
  /// The gathered rows, sorted by the database.
  Result<std::vector<Entry>> sort(store::ReadTx& tx, const Cursor& after, std::int64_t limit) const {
    Sql sql{tx.engine(), "", {}, {}};
    const std::string keys = sql.keys(*plan.all), field = sql.bind(*plan.sort);
    if (sql.engine == store::Engine::sqlite) sql.text = "SELECT s.value, s.record FROM " + keys + " CROSS JOIN record_value s WHERE s.record = k.record AND s.field = " + field;
    else sql.text = "SELECT s.value, s.record FROM " + keys + " CROSS JOIN LATERAL (SELECT v.value, v.record FROM record_value v WHERE v.record = k.record AND v.field = " + field + sql.alone() + ") AS s WHERE 1 = 1";
    if (after) sql.text += " AND (s.value, s.record)" + beyond + "(" + sql.bind(after->first) + ", " + sql.bind(after->second) + ")";
    sql.text += " ORDER BY s.value" + order + ", s.record" + order + " LIMIT " + sql.bind(limit);
    MACHIYA_TRY(const auto rows, tx.query(sql.text, sql.binds()));
    std::vector<Entry> out;
    for (const store::Row& r : rows) out.push_back({r.text(0), r.integer(1)});
    return out;
  }
};

Registers::Impl::Found found_of(const std::vector<Entry>& entries) {
  Registers::Impl::Found out;
  for (const Entry& e : entries) out.ids.push_back(e.record);
  if (!entries.empty()) out.next_value = entries.back().value;
  return out;
}

/// Gathered rows by their age.
Registers::Impl::Found by_age(const Registers::Impl::Plan& plan, std::size_t limit, const Cursor& after) {
  Registers::Impl::Found out;
  const auto& all = *plan.all;
  auto end = after && plan.descending ? std::lower_bound(all.begin(), all.end(), after->second) : all.end();
  auto begin = after && !plan.descending ? std::upper_bound(all.begin(), all.end(), after->second) : all.begin();
  if (plan.descending) {
    for (; end != begin && out.ids.size() < limit; --end) out.ids.push_back(*std::prev(end));
  } else {
    for (; begin != end && out.ids.size() < limit; ++begin) out.ids.push_back(*begin);
  }
  return out;
}

}  // namespace

namespace {

/// The cases of the departments in which somebody may do `purpose`; may they not open all of them, those which a query about answers
/// would tell of are the ones they may open. A case stays in its department, and rights are for one's own department or for all.
Result<void> limit_to_cases(std::vector<Range>& ranges, const Register& reg, const Query& query, const Access& access, std::string_view purpose, const std::vector<std::string>& counted) {
  const auto answer = [&](std::string_view name) {
    const Column* c = reg.column(name);
    return c != nullptr && name != "state" && Access::is_answer(*c);
  };
  bool reads = !trim(query.search).empty() || (query.sort && answer(query.sort->column));
  for (const Condition& condition : query.where) reads = reads || answer(condition.column);
  for (const std::string& name : counted) reads = reads || answer(name);
  Range rights;
  if (access.everywhere(purpose) && (!reads || access.everywhere("case.read"))) {
    if (std::any_of(ranges.begin(), ranges.end(), [](const Range& r) { return !r.negated && !r.has && !r.many; })) return {};
    rights.field = field_of(reg.id, kReceived);   // every case that is indexed has a day on which it was received
  } else {
    std::vector<std::string> departments = access.departments(purpose);
    std::erase_if(departments, [&](const std::string& d) { return reads && !access.may("case.read", d); });
    if (departments.size() != 1) return Error(ErrorCode::forbidden, "no right to these cases");
    rights.field = field_of(reg.id, kDepartment), rights.low = departments[0], rights.high = departments[0];
  }
  ranges.push_back(std::move(rights));
  return {};
}

}  // namespace

std::optional<Sort> order_of(const Register& reg, const Query& query) {
  return query.sort || !reg.of_cases ? query.sort : Sort{kReceived, true};
}

Result<Registers::Impl::Plan> Registers::Impl::wanted(const Register& reg, const Query& query, const Access& access, std::string_view purpose,
                                                      const std::vector<std::string>& counted) const {
  Plan out;
  out.type = reg.id;
  for (const Condition& condition : query.where) {
    MACHIYA_TRY(Range range, range_of(reg, condition, access, p.clock.today()));
    if (!narrowed(out.ranges, range)) out.ranges.push_back(std::move(range));
  }
  if (!query.with_ended && !reg.workflow.empty()) {
    Range open;
    open.field = open_field(reg), open.low = "1", open.high = "1";
    out.ranges.push_back(std::move(open));
  }
  if (reg.of_cases) MACHIYA_CHECK(limit_to_cases(out.ranges, reg, query, access, purpose, counted));
  if (const auto sort = order_of(reg, query)) {
    const Column* c = reg.column(sort->column);
    if (sort->column == "state" && !reg.workflow.empty()) out.sort = state_field(reg);
    else if (c == nullptr || !c->in_index() || c->type == interview::AnswerType::choices)
      return Error(ErrorCode::invalid_input, "not a column to sort by", sort->column);
    else if (!access.read(*c)) return Error(ErrorCode::forbidden, "no right to this column", sort->column);
    else out.sort = c->field;
    out.descending = sort->descending;
  }
  return out;
}

Result<Registers::Impl::Plan> Registers::Impl::plan(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, std::string_view purpose,
                                                    const std::vector<std::string>& counted) const {
  MACHIYA_TRY(Plan out, wanted(reg, query, access, purpose, counted));
  if (reg.of_cases && !trim(query.search).empty()) {
    MACHIYA_TRY(const auto hits, records::Records(p.store, p.vault, p.audit, p.clock, p.rng).search(tx, "case", reg.id, query.search, kSearched));
    std::vector<std::int64_t> found;
    for (const records::Opened& hit : hits) found.push_back(hit.row.id);
    std::sort(found.begin(), found.end());
    MACHIYA_TRY(out.all, dao::narrowed_to(tx, std::move(found), out.ranges));
    return out;
  }
  if (!trim(query.search).empty()) {
    MACHIYA_TRY(auto found, rows_holding(tx, reg, query.search, access, nullptr));
    MACHIYA_TRY(out.all, dao::narrowed_to(tx, std::move(found), out.ranges));
    return out;
  }
  for (std::size_t i = 0; i < out.ranges.size(); ++i) {
    Range& r = out.ranges[i];
    if (r.negated || r.has) continue;
    MACHIYA_TRY(r.rows, dao::count_range(tx, r, kCounted + 1));
    if (out.driver < 0 || r.rows < out.ranges[static_cast<std::size_t>(out.driver)].rows) out.driver = static_cast<int>(i);
  }
  // Few rows: they are all gathered, so that no order is too long to walk. What one index has in order already is read from there.
  const bool in_order = out.ranges.size() == 1 && (out.sort ? out.own() >= 0 : out.ranges[0].equal());
  if (out.driver >= 0 && out.ranges[static_cast<std::size_t>(out.driver)].rows <= kCounted && !in_order) MACHIYA_CHECK(gather(tx, out));
  return out;
}

Result<void> Registers::Impl::gather(store::ReadTx& tx, const Plan& plan) const {
  MACHIYA_TRY(plan.all, dao::all_of(tx, plan.ranges));
  return {};
}

Result<Registers::Impl::Found> Registers::Impl::find(store::ReadTx& tx, const Plan& plan, int limit, const Cursor& after) const {
  const auto wanted = static_cast<std::size_t>(limit);
  const Order order(plan);
  const bool asks = plan.ranges.size() > (order.fulfilled >= 0 ? 1u : 0u);
  const bool gathers = std::any_of(plan.ranges.begin(), plan.ranges.end(), [](const Range& r) { return !r.negated; });
  if (!plan.all && asks && gathers && wanted > kSorted) MACHIYA_CHECK(gather(tx, plan));
  if (plan.all && !plan.sort) return by_age(plan, wanted, after);
  std::vector<Entry> out;
  Cursor at = after;
  std::int64_t seen = 0;
  for (std::int64_t chunk = asks ? 2 * limit : limit;; chunk = std::min<std::int64_t>(2 * chunk, 16'384)) {
    if (plan.all && (plan.all->size() <= std::max(kSorted, wanted) || seen > static_cast<std::int64_t>(kEntriesOfALook * plan.all->size()))) {
      MACHIYA_TRY(const auto sorted, order.sort(tx, after, limit));
      return found_of(sorted);
    }
    MACHIYA_TRY(auto entries, order.read(tx, at, chunk));
    const bool last = static_cast<std::int64_t>(entries.size()) < chunk;
    seen += static_cast<std::int64_t>(entries.size());
    if (!entries.empty()) at.emplace(entries.back().value, entries.back().record);
    std::vector<std::int64_t> fitting;
    if (!plan.all && asks) {
      for (const Entry& e : entries) fitting.push_back(e.record);
      MACHIYA_TRY(fitting, dao::fitting(tx, fitting, plan.ranges, order.fulfilled));
    }
    const std::vector<std::int64_t>& among = plan.all ? *plan.all : fitting;
    for (Entry& e : entries)
      if (out.size() < wanted && ((!plan.all && !asks) || std::binary_search(among.begin(), among.end(), e.record))) out.push_back(std::move(e));
    if (out.size() == wanted || last) return found_of(out);
    if (plan.all || !asks || !gathers || seen < kAskedForOne * limit) continue;
    MACHIYA_CHECK(gather(tx, plan));
    return find(tx, plan, limit, after);
  }
}

Result<std::int64_t> Registers::Impl::count(store::ReadTx& tx, const Plan& plan, bool& more) const {
  const Range* lead = plan.driver >= 0 ? &plan.ranges[static_cast<std::size_t>(plan.driver)] : nullptr;
  std::int64_t rows = 0;
  if (plan.all) {
    rows = static_cast<std::int64_t>(plan.all->size());
  } else if (lead != nullptr && plan.ranges.size() == 1 && !lead->many) {
    rows = lead->rows;
  } else {
    Sql sql{tx.engine(), "", {}, {}};
    std::string base = "SELECT r.id AS record FROM record r WHERE r.kind = 'register' AND r.type = ";
    if (lead != nullptr) base = std::string("SELECT ") + (lead->many ? "DISTINCT " : "") + "f.record AS record FROM record_value f WHERE " + sql.match("f", *lead);
    else base += sql.bind(plan.type);
    // Looked at: bounded, so that a query that fits few of many rows costs no more than one that fits many.
    const std::int64_t most = plan.ranges.size() > (lead != nullptr ? 1u : 0u) ? kLookedAt : kCounted;
    const std::string others = sql.others(plan.ranges, plan.driver, "b.record");
    const std::string text = "WITH b AS MATERIALIZED (" + base + " LIMIT " + sql.bind(most + 1) + ") SELECT (SELECT COUNT(*) FROM b), (SELECT COUNT(*) FROM b WHERE 1 = 1" + others + ")";
    MACHIYA_TRY(auto row, tx.query_one(text, sql.binds()));
    more = row->integer(0) > most;
    rows = row->integer(1);
  }
  if (rows > kCounted) more = true;
  return std::min(rows, kCounted);
}

Result<std::vector<std::int64_t>> Registers::Impl::every(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, std::int64_t most) const {
  MACHIYA_TRY(const Plan wanted, plan(tx, reg, query, access));
  MACHIYA_TRY(Found found, find(tx, wanted, static_cast<int>(most) + 1, std::nullopt));
  if (static_cast<std::int64_t>(found.ids.size()) > most) return Error(ErrorCode::limit_exceeded, "too many rows at once");
  return std::move(found.ids);
}

}  // namespace machiya::registers
