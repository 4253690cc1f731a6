// Lists page by page, and every row of a query for exports.
#include <algorithm>

#include "ask/registers/list_ranges.h"
#include "ask/registers/registers_impl.h"

namespace machiya::registers {

using json::Value;

namespace {

/// "<number of the last row>.<its sort value>": no inner key leaves the house.
std::string cursor_of(const std::string& number, const std::string& value) { return number + "." + vault::base64url(value); }

}  // namespace

Result<Listing> Registers::list(const Register& reg, const Query& query, const identity::Principal& who) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  const int limit = std::clamp(query.limit, 1, 1000);
  const std::optional<Sort> sort = order_of(reg, query);
  std::vector<std::string> wanted = query.columns;
  const bool personal_too = std::any_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) {
    return c.personal && access.read(c) && (wanted.empty() || std::find(wanted.begin(), wanted.end(), c.name) != wanted.end());
  });
  if (sort && !wanted.empty()) wanted.push_back(sort->column);   // the cursor holds its value
  return impl.p.store.read([&](store::ReadTx& tx) -> Result<Listing> {
    MACHIYA_TRY(const Impl::Plan plan, impl.plan(tx, reg, query, access));
    std::optional<std::pair<std::string, std::int64_t>> after;
    if (!query.after.empty()) {
      const std::size_t dot = std::min(query.after.find('.'), query.after.size());
      MACHIYA_TRY(const auto last, records::find_row(tx, reg.of_cases ? "case" : "register", reg.id, std::string_view(query.after).substr(0, dot)));
      const auto value = vault::from_base64url(std::string_view(query.after).substr(std::min(dot + 1, query.after.size())));
      if (!last || !value.ok()) return Error(ErrorCode::invalid_input, "no such page", "after");
      after.emplace(*value, last->id);
    }
    MACHIYA_TRY(auto found, impl.find(tx, plan, limit + 1, after));
    Listing out;
    const bool more = found.ids.size() > static_cast<std::size_t>(limit);
    if (more) found.ids.pop_back();
    MACHIYA_TRY(auto stored, dao::rows_of(tx, found.ids));
    const bool personal = impl.opens(reg, access, wanted) || std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.moves; });
    if (personal) MACHIYA_CHECK(impl.fetch_keys(tx, stored));
    Values last_values;
    for (dao::StoredRow& row : stored) {
      MACHIYA_TRY(FullRow full, impl.full(tx, reg, std::move(row), personal));
      out.rows.push_back(impl.shown(reg, full, access));
      for (const Column& c : reg.columns)   // opened for another column's sake
        if (c.personal && !query.columns.empty() && std::find(query.columns.begin(), query.columns.end(), c.name) == query.columns.end()) out.rows.back().values.erase(c.name);
      last_values = std::move(full.values);
    }
    if (more && !out.rows.empty()) {
      std::string value;
      if (sort) {
        const Column* c = sort->column == "state" ? nullptr : reg.column(sort->column);
        value = c != nullptr ? key_of(*c, last_values[c->name]) : out.rows.back().state;
      }
      out.next = cursor_of(out.rows.back().number, value);
    }
    MACHIYA_CHECK(impl.add_titles(tx, reg, out.rows, who));
    MACHIYA_TRY(out.total, impl.count(tx, plan, out.more_than_counted));
    if (personal_too && !out.rows.empty()) {
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
