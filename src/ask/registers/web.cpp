#include "ask/registers/pages.h"

#include "ask/cases/web.h"
#include "platform/identity/identity.h"

namespace machiya::registers {

void add_register_routes(http::Router& router, const Web& web) {
  detail::add_list_routes(router, web);
  detail::add_map_routes(router, web);
  detail::add_form_routes(router, web);   // "/new" before "/rows/{number}"
  detail::add_row_routes(router, web);
  detail::add_cell_routes(router, web);
  detail::add_bulk_routes(router, web);
  detail::add_search_routes(router, web);
  detail::add_reminder_routes(router, web);
}

namespace detail {

using pages::Data;

http::RouteOptions staff_route(std::string page_kind, std::string sample) {
  return cases::detail::staff_route(std::string(kPermission) + "|staff:case.list", std::move(page_kind), std::move(sample)).on("register", "read");
}

http::Response render(const Web& web, const http::Request& request, std::string_view name, Data data, int status) {
  return cases::detail::render(web.templates, request, name, std::move(data), staff_language(request), status);
}

std::string text(const Web& web, const http::Request& request, std::string_view key, const locale::Args& args) {
  return web.texts.text(staff_language(request), key, args);
}

std::string param_of(const http::Request& request, std::string_view name) {
  if (const auto posted = request.form(name)) return std::string(*posted);
  return std::string(request.query(name).value_or(""));
}

std::string path_of(const Register& reg, std::string_view rest) { return std::string(kBase) + "/" + reg.id + std::string(rest); }
std::string row_path(const Register& reg, std::string_view number, std::string_view rest) {
  if (reg.of_cases) return "/staff/cases/" + std::string(number);
  return path_of(reg, "/rows/" + std::string(number)) + std::string(rest);
}

Result<std::shared_ptr<const Register>> register_of(const Web& web, const http::Request& request) {
  return web.registers.find(request.param("register"), identity::principal_of(request));
}

Result<std::shared_ptr<const Register>> register_of_row(const Web& web, const http::Request& request) {
  return web.registers.find_of_row(request.param("register"), request.param("number"), identity::principal_of(request));
}

Data register_page(const Web& web, const http::Request& request, const Register& reg, std::string title) {
  const std::string lang = staff_language(request);
  Data data = web.staff_frame(request);
  const std::string name = reg.name.in(lang);
  data.set("title", title.empty() ? name : title + " – " + name);
  data.set("register", Data().set("id", reg.id).set("name", name).set("href", path_of(reg)));
  return data;
}

}  // namespace detail
}  // namespace machiya::registers
