// Signs and call-outs: their pages.
#include "app/house_impl.h"
#include "platform/identity/decision.h"
#include "tell/callout/web.h"
#include "tell/signage/web.h"

namespace machiya::app {

void House::Impl::wire_signs() {
  const auto address = furniture->assets->url("scripts/signage_worker.js");
  const pages::Asset* worker = address ? furniture->assets->find(std::string_view(*address).substr(std::string_view("/static/").size())) : nullptr;
  const auto may = [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return cases->may(who, permission, department); };
  const auto staff_frame = [this](const http::Request& request) { return console->frame(request); };
  signage::add_routes(router, {*signage, *store, hub, *furniture->templates, *furniture->texts, clock, staff_frame, city_now(), may, worker ? worker->body : std::string(), base_url()});
  callout::add_routes(router, {*callouts, *audit, hub, *furniture->templates, *furniture->texts, clock, staff_frame, [this](const http::Request& request) { return frame(request); }, city_now(), may,
                               [this](const identity::Principal& who, std::string_view permission) { return identity->decide(who, permission, {}).purpose; },
                               [this] { return telling->channels(); }});
}

}  // namespace machiya::app
