// Saved searches on a register's page: kept, used, forgotten.
#include "ask/cases/web.h"
#include "ask/registers/pages_list.h"
#include "ask/registers/search_dao.h"
#include "base/text.h"

namespace machiya::registers::detail {
namespace {

using http::Request;
using http::Response;
using pages::Data;

/// The search of the address that the form carries, cut to what the register knows.
std::string query_text(const Request& request, const Register& reg) {
  Request kept;
  kept.query_pairs = http::parse_query(param_of(request, "search"));
  const std::string address = address_of(reg, search_of(kept, reg));
  const auto mark = address.find('?');
  return mark == std::string::npos ? std::string() : address.substr(mark + 1);
}

Response post(const Web& web, Request& request) {
  const auto reg = register_of(web, request);
  if (!reg.ok()) return http::problem(reg.error(), request);
  const std::int64_t staff = identity::principal_of(request).id;
  if (const std::string gone = param_of(request, "forget"); !gone.empty()) {
    auto done = web.store.write_raw([&](store::Tx& tx) { return forget_search(tx, staff, std::atoll(gone.c_str())); });
    return done.ok() ? http::see_other(path_of(**reg)) : http::problem(done.error(), request);
  }
  std::string name(trim(param_of(request, "name")));
  if (count_code_points(name) > 60) name = to_utf8(to_utf32(name).substr(0, 60));
  const std::string query = query_text(request, **reg);
  const std::string here = path_of(**reg, query.empty() ? "" : "?" + query);
  if (name.empty()) return http::see_other(here);
  auto done = web.store.write_raw([&](store::Tx& tx) { return save_search(tx, staff, (*reg)->id, name, query, web.clock.now()); });
  return done.ok() ? http::see_other(here) : http::problem(done.error(), request);
}

}  // namespace

Data searches_of(const Web& web, const Request& request, const Register& reg) {
  const std::string now = address_of(reg, search_of(request, reg));
  const auto mark = now.find('?');
  Data out = Data().set("action", path_of(reg, "/searches")).set("search", mark == std::string::npos ? "" : now.substr(mark + 1));
  Data items{Data::List{}};
  bool any = false;
  const std::int64_t staff = identity::principal_of(request).id;
  auto found = web.store.read([&](store::ReadTx& tx) { return registers::searches_of(tx, staff, reg.id); });
  if (found.ok())
    for (const SavedSearch& s : *found) {
      const std::string href = path_of(reg, s.query.empty() ? "" : "?" + s.query);
      Data one = Data().set("id", static_cast<long long>(s.id)).set("name", s.name).set("href", href);
      if (href == now) one.set("current", true);
      items.push(std::move(one)), any = true;
    }
  if (any) out.set("items", std::move(items));
  return out;
}

}  // namespace machiya::registers::detail

namespace machiya::registers {

Result<std::vector<cases::FoundRow>> found_rows(const Web& web, const http::Request& request, std::string_view text) {
  constexpr int kOfEach = 50;
  const std::string lang = detail::staff_language(request);
  MACHIYA_TRY(const auto hits, web.registers.search(text, identity::principal_of(request), kOfEach, request.id));
  std::vector<cases::FoundRow> out;
  for (const auto& [reg, row] : hits)
    out.push_back({detail::title_of(web, *reg, row, lang), detail::row_path(*reg, row.number), reg->name.in(lang), reg->owner, detail::state_tag(web, *reg, row.state, lang), row.created});
  return out;
}

}  // namespace machiya::registers

namespace machiya::registers::detail {

void add_search_routes(http::Router& router, const Web& web) {
  router.post(std::string(kBase) + "/{register}/searches", staff_route("").on("register", "read"), [web](Request& r) { return post(web, r); });
}

}  // namespace machiya::registers::detail
