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

/// Where the page behind a row begins. Who sorts by a column may read it.
std::string cursor_behind(const Register& reg, const Query& query, const Row& row) {
  const auto sort = order_of(reg, query);
  if (!sort) return cursor_of(row.number, "");
  const Column* c = sort->column == "state" ? nullptr : reg.column(sort->column);
  return cursor_of(row.number, c != nullptr ? key_of(*c, row.values[c->name]) : row.state);
}

/// The fields of which rows have entries, as index_of() writes them.
IndexedRegister as_indexed(const Register& reg) {
  IndexedRegister out{reg.id, {}, {}};
  if (reg.of_cases) out.everywhere = field_of(reg.id, kReceived);
  for (const Column& c : reg.columns)
    if (c.in_index()) out.fields.push_back(c.field);
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

/// Rows in the order of their keys: those that are kept, and the others from the database, to be kept.
Result<std::vector<std::shared_ptr<const KeptRow>>> rows_in(store::ReadTx& tx, const RegisterCache::View& view, const std::vector<std::int64_t>& ids) {
  std::vector<std::shared_ptr<const KeptRow>> out;
  std::vector<std::int64_t> missing;
  for (const std::int64_t id : ids) {
    out.push_back(view.row(id));
    if (out.back() == nullptr) missing.push_back(id);
  }
  MACHIYA_TRY(auto stored, records::listed_rows_of(tx, missing, true));
  auto next = stored.begin();
  for (std::size_t i = 0; i < ids.size() && next != stored.end(); ++i) {
    if (out[i] != nullptr || next->id != ids[i]) continue;
    MACHIYA_TRY(out[i], kept_row(std::move(*next++)));
    view.keep(out[i]);
  }
  std::erase(out, nullptr);
  return out;
}

/// May rows be shown as they are kept? Not what changes with the day, and not cases.
bool shown_as_kept(const Register& reg) {
  return !reg.of_cases && !reg.moves();
}

bool asked_for(const Query& query, const Column& c) {
  return query.columns.empty() || std::find(query.columns.begin(), query.columns.end(), c.name) != query.columns.end();
}

}  // namespace

Result<std::optional<Registers::Impl::Page>> Registers::Impl::page_in_memory(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, int limit,
                                                                             bool alone, bool& again) const {
  again = false;
  std::optional<Page> out;
  const bool searches = !trim(query.search).empty();
  if (searches && reg.of_cases) return out;   // module records searches cases
  MACHIYA_TRY(const Plan plan, wanted(reg, query, access, "case.list", {}));
  std::vector<std::int64_t> fields;
  for (const Range& range : plan.ranges) fields.push_back(range.field);
  if (plan.sort) fields.push_back(*plan.sort);
  MACHIYA_TRY(const auto viewed, cache.view(tx, as_indexed(reg), fields, true, alone));
  again = viewed.again;
  if (!viewed.view || viewed.view->index() == nullptr) return out;
  MACHIYA_TRY(auto after, cursor_in(tx, reg, query.after));
  std::vector<std::int64_t> found;
  ListQuery asked{plan.ranges, plan.sort, plan.descending, std::move(after), static_cast<std::size_t>(limit), kCounted};
  if (!viewed.view->index()->serves(asked)) return out;
  if (searches) {
    MACHIYA_TRY(found, rows_holding(tx, reg, query.search, access, &*viewed.view));
    asked.among = &found;
  }
  ListAnswer answer = viewed.view->index()->list(asked);
  out.emplace(Page{std::move(answer.ids), answer.total, answer.more, {}});
  if (shown_as_kept(reg)) {
    MACHIYA_TRY(out->rows, rows_in(tx, *viewed.view, out->ids));
  }
  return out;
}

Result<Registers::Impl::Page> Registers::Impl::page_of(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, int limit) const {
  MACHIYA_TRY(const Plan wanted, plan(tx, reg, query, access));
  MACHIYA_TRY(const Cursor after, cursor_in(tx, reg, query.after));
  MACHIYA_TRY(Found found, find(tx, wanted, limit, after));
  Page out{std::move(found.ids), 0, false, {}};
  MACHIYA_TRY(out.total, count(tx, wanted, out.more_than_counted));
  return out;
}

Result<Listing> Registers::Impl::listing_of_kept(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, const Page& page) const {
  std::vector<const Column*> columns;
  for (const Column& c : reg.columns)
    if (access.read(c) && (!c.personal || asked_for(query, c))) columns.push_back(&c);
  const bool personal = std::any_of(columns.begin(), columns.end(), [](const Column* c) { return c->personal; });
  if (personal) MACHIYA_CHECK(fetch_keys(tx, page.rows));
  Listing out;
  out.rows.reserve(page.rows.size());
  for (const auto& kept : page.rows) {
    Value sealed;
    if (personal) {
      MACHIYA_TRY(sealed, personal_of(tx, kept->stored));
    }
    Row row = without_values(kept->stored);
    row.values.members().reserve(columns.size());
    for (const Column* c : columns)
      if (const Value& value = (c->personal ? sealed : kept->plain)[c->name]; !value.is_null()) row.values.members().emplace_back(c->name, value);
    out.rows.push_back(std::move(row));
  }
  return out;
}

Result<Listing> Registers::Impl::listing(store::ReadTx& tx, const Register& reg, const Query& query, const Access& access, const Page& page) const {
  std::vector<std::string> columns = query.columns;
  if (const auto sort = order_of(reg, query); sort && !columns.empty()) columns.push_back(sort->column);   // the cursor holds its value
  const bool personal = opens(reg, access, columns) || reg.moves();
  MACHIYA_TRY(auto stored, reg.of_cases ? dao::rows_of(tx, page.ids) : records::listed_rows_of(tx, page.ids, personal));
  if (personal) MACHIYA_CHECK(fetch_keys(tx, stored));
  Listing out;
  out.rows.reserve(stored.size());
  for (dao::StoredRow& row : stored) {
    MACHIYA_TRY(const FullRow one, full(tx, reg, std::move(row), personal));
    out.rows.push_back(shown(reg, one, access));
    for (const Column& c : reg.columns)   // opened for another column's sake
      if (c.personal && !asked_for(query, c)) out.rows.back().values.erase(c.name);
  }
  return out;
}

Result<Listing> Registers::list(const Register& reg, const Query& query, const identity::Principal& who) {
  const Impl& impl = *impl_;
  const Access access = impl.access(reg, who);
  if (!access.read()) return Error(ErrorCode::not_found, "no such register");
  const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, 1000));
  bool again = false;
  const auto read = [&](bool alone) {
    return impl.p.store.read([&](store::ReadTx& tx) -> Result<Listing> {
      const int one_more = static_cast<int>(limit) + 1;
      MACHIYA_TRY(auto page, impl.page_in_memory(tx, reg, query, access, one_more, alone, again));
      if (again) return Listing();
      const bool kept = page && !page->rows.empty();
      if (!page) {
        MACHIYA_TRY(page, impl.page_of(tx, reg, query, access, one_more));
      }
      const bool more = page->ids.size() > limit;
      if (more) page->ids.resize(limit);
      if (page->rows.size() > limit) page->rows.resize(limit);
      MACHIYA_TRY(Listing out, kept ? impl.listing_of_kept(tx, reg, query, access, *page) : impl.listing(tx, reg, query, access, *page));
      out.total = page->total, out.more_than_counted = page->more_than_counted;
      if (more && !out.rows.empty()) out.next = cursor_behind(reg, query, out.rows.back());
      MACHIYA_CHECK(impl.add_titles(tx, reg, out.rows, who));
      return out;
    });
  };
  auto out = read(false);
  if (out.ok() && again) out = read(true);
  if (!out.ok() || out->rows.empty()) return out;
  const bool personal = std::any_of(reg.columns.begin(), reg.columns.end(), [&](const Column& c) { return c.personal && access.read(c) && asked_for(query, c); });
  if (personal) {
    if (impl.p.audit.backlogged()) return Error(ErrorCode::unavailable, "reads of personal data cannot be recorded");
    impl.p.audit.append_later({who.actor(), "register.list", "register:" + reg.id, access.purpose(), query.request, Value::object({{"rows", out->rows.size()}})});
  }
  return out;
}

void Registers::settle_indexes() { impl_->cache.settle(); }

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
    impl.p.audit.append_later({who.actor(), "register.export", "register:" + reg.id, access.purpose(), std::string(request), Value::object({{"rows", *rows}})});
  return rows;
}

}  // namespace machiya::registers
