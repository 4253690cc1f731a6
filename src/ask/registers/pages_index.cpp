// All registers that somebody may read, by initiative.
#include "ask/cases/web.h"
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

http::Response show_index(const Web& web, http::Request& request) {
  const std::string lang = language_of(request);
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
    Query query;
    query.limit = 1;
    const auto listing = web.registers.list(*reg, query, who);
    Data row = Data().set("name", reg->name.in(lang)).set("href", path_of(*reg)).set("summary", reg->summary.in(lang));
    const city::Department* owner = city ? city->department(reg->owner) : nullptr;
    row.set("owner", owner ? owner->name.in(lang) : reg->owner);
    if (listing.ok()) row.set("count", count_text(web, request, *listing));
    rows.push(std::move(row));
  }
  close();
  if (open >= 0) data.set("any", true);
  data.set("groups", std::move(groups));
  return render(web, request, "registers/index", std::move(data));
}

}  // namespace machiya::registers::detail
