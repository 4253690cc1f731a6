// Lists that stay quick at a million rows: either the rows of the most selective condition are gathered, or the index of the sort
// column is walked and each row asked for its other conditions. What is read is bounded either way.
#include <algorithm>

#include "ask/registers/list_sql.h"
#include "ask/registers/registers_impl.h"
#include "base/text.h"

namespace machiya::registers {

using json::Value;

namespace {

/// So many rows are looked at for an exact count.
constexpr std::int64_t kLookedAt = 20'000;
constexpr int kSearched = 2'000;

}  // namespace

namespace {

/// "from" and "to" of one column are one stretch of its index, not two wide ones.
bool narrowed(std::vector<Range>& ranges, const Range& more) {
  if (more.negated || more.has || more.many) return false;
  for (Range& r : ranges) {
    if (r.field != more.field || r.negated || r.has || r.many) continue;
    r.low = std::max(r.low, more.low);
    if (more.high) r.high = r.high ? std::min(*r.high, *more.high) : *more.high;
    return true;
  }
  return false;
}

Result<Range> range_of(const Register& reg, const Condition& condition, const Access& access, Date today) {
  Range out;
  const Column* column = condition.column == "state" ? nullptr : reg.column(condition.column);
  std::optional<std::string> key;
  if (column == nullptr) {
    if (condition.column != "state" || reg.workflow.empty()) return Error(ErrorCode::invalid_input, "no such column", condition.column);
    out.field = state_field(reg), key = condition.value;
  } else {
    if (!access.read(*column)) return Error(ErrorCode::forbidden, "no right to this column", condition.column);
    if (!column->indexed || column->personal || column->moves) return Error(ErrorCode::invalid_input, "not a column to filter by", condition.column);
    out.field = column->field, out.many = column->type == interview::AnswerType::choices;
    key = key_of_text(*column, column->type == interview::AnswerType::date ? value_on(condition.value, today) : condition.value);
  }
  const std::string& op = condition.op;
  if (op == "empty") return out.high = "", out;
  if (op == "filled") return out.low = std::string(1, '\x01'), out;   // below every character of a key
  if (!key) return Error(ErrorCode::invalid_input, "no value of this column", condition.column);
  out.low = *key;
  if (op == "is") return out.high = *key, out;
  if (op == "not") return out.high = *key, out.negated = true, out;
  if (op == "from") return out;
  if (op == "to") return out.low = std::string(1, '\x01'), out.high = *key, out;
  if (op == "has") {
    if (out.many || (column != nullptr && column->kind == ColumnKind::relation)) out.high = *key;
    else out.has = true;
    return out;
  }
  return Error(ErrorCode::invalid_input, "no such operator", condition.column);
}

}  // namespace

namespace {

Result<std::vector<std::int64_t>> searched(const vault::Vault& vault, store::ReadTx& tx, const Register& reg, std::string_view text, const Access& access) {
  std::vector<std::int64_t> out;
  for (const Column& c : reg.columns) {
    if (!c.search || !access.read(c)) continue;
    auto tokens = vault.search_tokens(search_field(reg, c), text);
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    MACHIYA_TRY(const auto found, records::records_with_tokens(tx, tokens, kSearched));
    out.insert(out.end(), found.begin(), found.end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Tokens are pairs of characters: a row may have all of them and not the text.
bool really_has(const Register& reg, const Values& values, const std::string& folded, const Access& access) {
  for (const Column& c : reg.columns)
    if (c.search && access.read(c) && fold_for_search(search_text(c, values[c.name])).find(folded) != std::string::npos) return true;
  return false;
}

}  // namespace

Result<Registers::Impl::Plan> Registers::Impl::plan(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access) const {
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
  if (query.sort) {
    const Column* c = reg.column(query.sort->column);
    if (query.sort->column == "state" && !reg.workflow.empty()) out.sort = state_field(reg);
    else if (c == nullptr || !c->indexed || c->personal || c->moves || c->type == interview::AnswerType::choices)
      return Error(ErrorCode::invalid_input, "not a column to sort by", query.sort->column);
    else if (!access.read(*c)) return Error(ErrorCode::forbidden, "no right to this column", query.sort->column);
    else out.sort = c->field;
    out.descending = query.sort->descending;
  }
  if (!trim(query.search).empty()) {
    const std::string folded = fold_for_search(query.search);
    MACHIYA_TRY(auto ids, searched(p.vault, tx, reg, query.search, access));
    MACHIYA_TRY(auto rows, dao::rows_of(tx, ids));
    out.among.emplace();
    for (dao::StoredRow& row : rows) {
      const std::int64_t id = row.id;
      MACHIYA_TRY(const FullRow full_row, full(tx, reg, std::move(row), std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.search && c.personal; })));
      if (really_has(reg, full_row.values, folded, access)) out.among->push_back(id);
    }
  }
  for (std::size_t i = 0; i < out.ranges.size() && !out.among; ++i) {
    const Range& r = out.ranges[i];
    if (r.negated || r.has) continue;
    Sql sql{tx.engine(), "", {}, {}};
    sql.text = "SELECT COUNT(*) FROM (SELECT 1 FROM record_value v WHERE " + sql.match("v", r);
    sql.text += " LIMIT " + sql.bind(kCounted + 1) + ") AS bounded";
    MACHIYA_TRY(auto row, tx.query_one(sql.text, sql.binds()));
    const std::int64_t rows = row ? row->integer(0) : 0;
    if (out.driver >= 0 && rows >= out.driver_rows) continue;
    out.driver = static_cast<int>(i), out.driver_rows = rows;
  }
  return out;
}

Result<Registers::Impl::Found> Registers::Impl::find(store::ReadTx& tx, const Plan& plan, int limit,
                                                     const std::optional<std::pair<std::string, std::int64_t>>& after) const {
  Sql sql{tx.engine(), "", {}, {}};
  const std::string order = plan.descending ? " DESC" : "", beyond = plan.descending ? " < " : " > ";
  const auto cursor_by_key = [&](const std::string& record) { return after ? " AND " + record + beyond + sql.bind(after->second) : std::string(); };
  const auto cursor_by_value = [&] {
    return after ? " AND (s.value, s.record)" + beyond + "(" + sql.bind(after->first) + ", " + sql.bind(after->second) + ")" : std::string();
  };
  const bool gather = plan.driver >= 0 && plan.driver_rows <= kGather;
  std::string& text = sql.text;
  if (!plan.sort) {
    if (plan.among) {
      text = "SELECT '', r.id FROM record r WHERE r.kind = 'register' AND r.type = " + sql.bind(plan.type) + " AND " + sql.among(*plan.among, "r.id");
      text += cursor_by_key("r.id") + sql.others(plan.ranges, -1, "r.id") + " ORDER BY r.id" + order;
    } else if (plan.driver >= 0 && (gather || plan.ranges[static_cast<std::size_t>(plan.driver)].equal())) {
      const Range& lead = plan.ranges[static_cast<std::size_t>(plan.driver)];
      text = std::string("SELECT ") + (lead.many && !lead.equal() ? "DISTINCT " : "") + "'', f.record FROM record_value f WHERE " + sql.match("f", lead);
      text += cursor_by_key("f.record") + sql.others(plan.ranges, plan.driver, "f.record") + " ORDER BY f.record" + order;
    } else {
      text = "SELECT '', r.id FROM record r WHERE r.kind = 'register' AND r.type = " + sql.bind(plan.type);
      text += cursor_by_key("r.id") + sql.others(plan.ranges, -1, "r.id") + " ORDER BY r.id" + order;
    }
  } else {
    int own = -1;   // a condition on the sort column bounds the walk itself
    for (std::size_t i = 0; i < plan.ranges.size(); ++i)
      if (plan.ranges[i].field == *plan.sort && !plan.ranges[i].negated && !plan.ranges[i].has) own = static_cast<int>(i);
    if (plan.among) {
      text = "SELECT s.value, s.record FROM record_value s WHERE s.field = " + sql.bind(*plan.sort) + " AND " + sql.among(*plan.among, "s.record");
      text += cursor_by_value() + sql.others(plan.ranges, -1, "s.record");
    } else if (gather && own != plan.driver) {
      const Range& lead = plan.ranges[static_cast<std::size_t>(plan.driver)];
      text = std::string("WITH f AS MATERIALIZED (SELECT ") + (lead.many && !lead.equal() ? "DISTINCT " : "") + "f.record FROM record_value f WHERE " + sql.match("f", lead) + ") ";
      text += "SELECT s.value, s.record FROM f CROSS JOIN record_value s WHERE s.record = f.record AND s.field = " + sql.bind(*plan.sort);
      text += cursor_by_value() + sql.others(plan.ranges, plan.driver, "f.record");
    } else {
      text = "SELECT s.value, s.record FROM record_value s WHERE ";
      text += own >= 0 ? sql.match("s", plan.ranges[static_cast<std::size_t>(own)]) : "s.field = " + sql.bind(*plan.sort);
      text += cursor_by_value() + sql.others(plan.ranges, own, "s.record");
    }
    text += " ORDER BY s.value" + order + ", s.record" + order;
  }
  text += " LIMIT " + sql.bind(limit);
  MACHIYA_TRY(const auto rows, tx.query(text, sql.binds()));
  Found out;
  out.ids.reserve(rows.size());
  for (const store::Row& r : rows) out.ids.push_back(r.integer(1));
  if (!rows.empty()) out.next_value = rows.back().text(0);
  return out;
}

Result<std::int64_t> Registers::Impl::count(store::ReadTx& tx, const Plan& plan, bool& more) const {
  if (plan.driver >= 0 && plan.ranges.size() == 1 && !plan.ranges[0].many) {
    more = plan.driver_rows > kCounted;
    return std::min(plan.driver_rows, kCounted);
  }
  Sql sql{tx.engine(), "", {}, {}};
  std::string base, record = "b.record";
  if (plan.among) {
    base = "SELECT r.id AS record FROM record r WHERE r.kind = 'register' AND r.type = " + sql.bind(plan.type) + " AND " + sql.among(*plan.among, "r.id");
  } else if (plan.driver >= 0) {
    const Range& lead = plan.ranges[static_cast<std::size_t>(plan.driver)];
    base = std::string("SELECT ") + (lead.many ? "DISTINCT " : "") + "f.record AS record FROM record_value f WHERE " + sql.match("f", lead);
  } else {
    base = "SELECT r.id AS record FROM record r WHERE r.kind = 'register' AND r.type = " + sql.bind(plan.type);
  }
  // Looked at: bounded, so that a query that fits few of many rows costs no more than one that fits many.
  const std::int64_t most = plan.ranges.size() - (plan.driver >= 0 ? 1 : 0) > 0 ? kLookedAt : kCounted;
  std::string text = "SELECT (SELECT COUNT(*) FROM b)";
  const std::string others = sql.others(plan.ranges, plan.among ? -1 : plan.driver, "b.record");
  text += ", (SELECT COUNT(*) FROM b WHERE 1 = 1" + others + ")";
  text = "WITH b AS MATERIALIZED (" + base + " LIMIT " + sql.bind(most + 1) + ") " + text;
  MACHIYA_TRY(auto row, tx.query_one(text, sql.binds()));
  if (!row) return std::int64_t{0};
  more = row->integer(0) > most;
  const std::int64_t rows = row->integer(1);
  if (rows > kCounted) more = true;
  return std::min(rows, kCounted);
}

Result<std::vector<std::int64_t>> Registers::Impl::every(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, std::int64_t most) const {
  MACHIYA_TRY(const Plan wanted, plan(tx, reg, query, access));
  MACHIYA_TRY(Found found, find(tx, wanted, static_cast<int>(most) + 1, std::nullopt));
  if (static_cast<std::int64_t>(found.ids.size()) > most) return Error(ErrorCode::limit_exceeded, "too many rows at once");
  return std::move(found.ids);
}

namespace {

/// "<number of the last row>.<its sort value>": no inner key leaves the house.
std::string cursor_of(const std::string& number, const std::string& value) { return number + "." + vault::base64url(value); }

bool reads_personal(const Register& reg, const Access& access) {
  return std::any_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) { return c.personal && access.read(c); });
}

}  // namespace

Result<Listing> Registers::list(const Register& reg, const Query& query, const identity::Principal& who) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  const int limit = std::clamp(query.limit, 1, 1000);
  return impl.p.store.read([&](store::ReadTx& tx) -> Result<Listing> {
    MACHIYA_TRY(const Impl::Plan plan, impl.plan(tx, reg, query, access));
    std::optional<std::pair<std::string, std::int64_t>> after;
    if (!query.after.empty()) {
      const std::size_t dot = std::min(query.after.find('.'), query.after.size());
      MACHIYA_TRY(const auto last, dao::find_row(tx, reg.id, std::string_view(query.after).substr(0, dot)));
      const auto value = vault::from_base64url(std::string_view(query.after).substr(std::min(dot + 1, query.after.size())));
      if (!last || !value.ok()) return Error(ErrorCode::invalid_input, "no such page", "after");
      after.emplace(*value, last->id);
    }
    MACHIYA_TRY(auto found, impl.find(tx, plan, limit + 1, after));
    Listing out;
    const bool more = found.ids.size() > static_cast<std::size_t>(limit);
    if (more) found.ids.pop_back();
    MACHIYA_TRY(auto stored, dao::rows_of(tx, found.ids));
    const bool personal = reads_personal(reg, access) || std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.moves; });
    Values last_values;
    for (dao::StoredRow& row : stored) {
      MACHIYA_TRY(FullRow full, impl.full(tx, reg, std::move(row), personal));
      out.rows.push_back(impl.shown(reg, full, access));
      last_values = std::move(full.values);
    }
    if (more && !out.rows.empty()) {
      std::string value;
      if (query.sort) {
        const Column* c = reg.column(query.sort->column);
        value = c != nullptr ? key_of(*c, last_values[c->name]) : out.rows.back().state;
      }
      out.next = cursor_of(out.rows.back().number, value);
    }
    MACHIYA_CHECK(impl.add_titles(tx, reg, out.rows, who));
    MACHIYA_TRY(out.total, impl.count(tx, plan, out.more_than_counted));
    if (reads_personal(reg, access) && !out.rows.empty()) {
      if (impl.p.audit.backlogged()) return Error(ErrorCode::unavailable, "reads of personal data cannot be recorded");
      impl.p.audit.append_later({who.actor(), "register.list", "register:" + reg.id, "work", "", Value::object({{"rows", out.rows.size()}})});
    }
    return out;
  });
}

Result<std::int64_t> Registers::each(const Register& reg, const Query& query, const identity::Principal& who, std::string_view request,
                                     const std::function<bool(const Row&)>& sink) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (impl.p.audit.backlogged()) return Error(ErrorCode::unavailable, "exports cannot be recorded");
  constexpr int kChunk = 500;
  auto rows = impl.p.store.read([&](store::ReadTx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const Impl::Plan plan, impl.plan(tx, reg, query, access));
    std::optional<std::pair<std::string, std::int64_t>> after;
    std::int64_t count = 0;
    for (;;) {
      MACHIYA_TRY(auto found, impl.find(tx, plan, kChunk, after));
      if (found.ids.empty()) return count;
      after.emplace(found.next_value, found.ids.back());
      MACHIYA_TRY(auto stored, dao::rows_of(tx, found.ids));
      std::vector<Row> shown;
      for (dao::StoredRow& row : stored) {
        MACHIYA_TRY(const FullRow full, impl.full(tx, reg, std::move(row), true));
        shown.push_back(impl.shown(reg, full, access));
      }
      MACHIYA_CHECK(impl.add_titles(tx, reg, shown, who));
      for (const Row& row : shown) {
        ++count;
        if (!sink(row)) return count;
      }
    }
  });
  if (rows.ok())
    impl.p.audit.append_later({who.actor(), "register.export", "register:" + reg.id, "work", std::string(request), Value::object({{"rows", *rows}})});
  return rows;
}

}  // namespace machiya::registers
