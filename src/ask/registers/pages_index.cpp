// All registers that somebody may read, by initiative.
#include "ask/cases/web.h"
#include "ask/registers/case_register.h"
#include "ask/registers/pages_list.h"

namespace machiya::registers::detail {
namespace {

using pages::Data;

std::string room_name(const city::City* city, int initiative, std::string_view lang) {
  if (city)
    for (const city::Room& room : city->rooms())
      if (room.number == initiative) return std::to_string(initiative) + " " + room.name.in(lang);
  return {};
}

}  // namespace

std::string count_text(const Web& web, const http::Request& request, const Listing& listing) {
  return text(web, request, listing.more_than_counted ? "staff_registers.count_more" : "staff_registers.count", {{"rows", std::to_string(listing.total)}});
}

namespace {

Data index_row(const Web& web, const http::Request& request, const Register& reg) {
  const std::string lang = staff_language(request);
  Query query;
  query.limit = 1, query.request = request.id, query.columns = {reg.title.empty() ? kReceived : reg.title};
  const auto listing = web.registers.list(reg, query, identity::principal_of(request));
  Data row = Data().set("name", reg.name.in(lang)).set("href", path_of(reg)).set("summary", reg.summary.in(lang));
  const auto city = web.city();
  const city::Department* owner = city ? city->department(reg.owner) : nullptr;
  row.set("owner", owner ? owner->name.in(lang) : reg.owner);
  if (listing.ok()) row.set("count", count_text(web, request, *listing));
  return row;
}

}  // namespace

http::Response show_index(const Web& web, http::Request& request) {
  const std::string lang = staff_language(request);
  const identity::Principal& who = identity::principal_of(request);
  const auto city = web.city();
  Data data = web.staff_frame(request);
  data.set("title", text(web, request, "staff_registers.title"));
  Data groups{Data::List{}}, rows{Data::List{}};
  int open = -1;
  auto close = [&] {
    if (open >= 0) groups.push(Data().set("title", room_name(city.get(), open, lang)).set("id", "room-" + std::to_string(open)).set("rows", std::move(rows)));
    rows = Data(Data::List{});
  };
  for (const auto& reg : web.registers.all(who)) {
    if (reg->initiative != open) close(), open = reg->initiative;
    rows.push(index_row(web, request, *reg));
  }
  close();
  if (const auto cases = web.registers.of_cases(who); !cases.empty()) {
    for (const auto& reg : cases) rows.push(index_row(web, request, *reg));
    groups.push(Data().set("title", text(web, request, "staff_registers.cases")).set("id", "cases").set("rows", std::move(rows)));
    open = 0;
  }
  if (open >= 0) data.set("any", true);
  data.set("groups", std::move(groups));
  return render(web, request, "registers/index", std::move(data));
}

}  // namespace machiya::registers::detail
