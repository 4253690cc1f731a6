// Lists page by page, and every row of a query for exports.
#include <algorithm>

#include "ask/registers/list_ranges.h"
#include "ask/registers/registers_impl.h"
#include "base/text.h"

namespace machiya::registers {

using json::Value;

namespace {

/// "<number of the last row>.<its sort value>": no inner key leaves the house.
std::string cursor_of(const std::string& number, const std::string& value) { return number + "." + vault::base64url(value); }

/// The fields of which rows have entries, as index_of() writes them.
IndexedRegister indexed(const Register& reg) {
  IndexedRegister out{reg.id, {}, {}};
  if (reg.of_cases) out.everywhere = field_of(reg.id, kReceived);
  for (const Column& c : reg.columns)
    if (c.indexed && !c.personal && !c.moves) out.fields.push_back(c.field);
  if (!reg.workflow.empty()) out.fields.push_back(state_field(reg)), out.fields.push_back(open_field(reg));
  return out;
}

using Cursor = std::optional<std::pair<std::string, std::int64_t>>;

Result<Cursor> cursor_in(store::ReadTx& tx, const Register& reg, std::string_view text) {
  if (text.empty()) return Cursor();
  const std::size_t dot = std::min(text.find('.'), text.size());
  MACHIYA_TRY(const auto last, records::find_row(tx, reg.of_cases ? "case" : "register", reg.id, text.substr(0, dot)));
  const auto value = vault::from_base64url(text.substr(std::min(dot + 1, text.size())));
  if (!last || !value.ok()) return Error(ErrorCode::invalid_input, "no such page", "after");
  return Cursor(std::in_place, *value, last->id);
}

}  // namespace

Result<std::optional<Registers::Impl::Page>> Registers::Impl::page_in_memory(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, int limit,
                                                                             bool alone, bool& again) const {
  std::optional<Page> out;
  if (!trim(query.search).empty()) return out;
  MACHIYA_TRY(const Plan plan, wanted(reg, query, access, "case.list", {}));
  std::vector<std::int64_t> fields;
  for (const Range& range : plan.ranges) fields.push_back(range.field);
  if (plan.sort) fields.push_back(*plan.sort);
  MACHIYA_TRY(const auto viewed, indexes.view(tx, indexed(reg), fields, alone));
  again = viewed.again;
  if (!viewed.view) return out;
  MACHIYA_TRY(auto after, cursor_in(tx, reg, query.after));
  const ListQuery asked{plan.ranges, plan.sort, plan.descending, std::move(after), static_cast<std::size_t>(limit), kCounted};
  if (!(*viewed.view)->serves(asked)) return out;
  ListAnswer answer = (*viewed.view)->list(asked);
  return out.emplace(Page{std::move(answer.ids), answer.total, answer.more}), out;
}

Result<Registers::Impl::Page> Registers::Impl::page_of(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, int limit) const {
  MACHIYA_TRY(const Plan wanted, plan(tx, reg, query, access));
  MACHIYA_TRY(const Cursor after, cursor_in(tx, reg, query.after));
  MACHIYA_TRY(Found found, find(tx, wanted, limit, after));
  Page out{std::move(found.ids)};
  MACHIYA_TRY(out.total, count(tx, wanted, out.more_than_counted));
  return out;
}

Result<Listing> Registers::Impl::listing(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, const identity::Principal& who, Page page,
                                         int limit) const {
  const std::optional<Sort> sort = order_of(reg, query);
  std::vector<std::string> columns = query.columns;
  if (sort && !columns.empty()) columns.push_back(sort->column);   // the cursor holds its value
  Listing out;
  out.total = page.total, out.more_than_counted = page.more_than_counted;
  const bool more = page.ids.size() > static_cast<std::size_t>(limit);
  if (more) page.ids.pop_back();
  const bool personal = opens(reg, access, columns) || std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.moves; });
  MACHIYA_TRY(auto stored, dao::rows_of(tx, page.ids));
  if (personal) MACHIYA_CHECK(fetch_keys(tx, stored));
  Values last_values;
  out.rows.reserve(stored.size());
  for (dao::StoredRow& row : stored) {
    MACHIYA_TRY(FullRow one, full(tx, reg, std::move(row), personal));
    out.rows.push_back(shown(reg, one, access));
    for (const Column& c : reg.columns)   // opened for another column's sake
      if (c.personal && !query.columns.empty() && std::find(query.columns.begin(), query.columns.end(), c.name) == query.columns.end()) out.rows.back().values.erase(c.name);
    last_values = std::move(one.values);
  }
  if (more && !out.rows.empty()) {
    std::string value;
    if (sort) {
      const Column* c = sort->column == "state" ? nullptr : reg.column(sort->column);
      value = c != nullptr ? key_of(*c, last_values[c->name]) : out.rows.back().state;
    }
    out.next = cursor_of(out.rows.back().number, value);
  }
  MACHIYA_CHECK(add_titles(tx, reg, out.rows, who));
  return out;
}

Result<Listing> Registers::list(const Register& reg, const Query& query, const identity::Principal& who) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  const int limit = std::clamp(query.limit, 1, 1000);
  bool again = false;
  const auto read = [&](bool alone) {
    return impl.p.store.read([&](store::ReadTx& tx) -> Result<Listing> {
      MACHIYA_TRY(auto page, impl.page_in_memory(tx, reg, query, access, limit + 1, alone, again));
      if (again) return Listing();
      if (!page) {
        MACHIYA_TRY(page, impl.page_of(tx, reg, query, access, limit + 1));
      }
      return impl.listing(tx, reg, query, access, who, std::move(*page), limit);
    });
  };
  auto out = read(false);
  if (out.ok() && again) out = read(true);
  if (!out.ok() || out->rows.empty()) return out;
  const bool personal = std::any_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) {
    return c.personal && access.read(c) && (query.columns.empty() || std::find(query.columns.begin(), query.columns.end(), c.name) != query.columns.end());
  });
  if (personal) {
    if (impl.p.audit.backlogged()) return Error(ErrorCode::unavailable, "reads of personal data cannot be recorded");
    impl.p.audit.append_later({who.actor(), "register.list", "register:" + reg.id, "work", "", Value::object({{"rows", out->rows.size()}})});
  }
  return out;
}

void Registers::settle_indexes() { impl_->indexes.settle(); }

Result<std::int64_t> Registers::each(const Register& reg, const Query& query, const identity::Principal& who, std::string_view request,
                                     const std::function<bool(const Row&)>& sink) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  if (!access.take_away()) return Error(ErrorCode::forbidden, "no right to export");
  if (impl.p.audit.backlogged()) return Error(ErrorCode::unavailable, "exports cannot be recorded");
  constexpr int kChunk = 500;
  auto rows = impl.p.store.read([&](store::ReadTx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const Impl::Plan plan, impl.plan(tx, reg, query, access, "case.export"));
    std::optional<std::pair<std::string, std::int64_t>> after;
    std::int64_t count = 0;
    for (;;) {
      MACHIYA_TRY(auto found, impl.find(tx, plan, kChunk, after));
      if (found.ids.empty()) return count;
      after.emplace(found.next_value, found.ids.back());
      MACHIYA_TRY(auto stored, dao::rows_of(tx, found.ids));
      MACHIYA_CHECK(impl.fetch_keys(tx, stored));
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
