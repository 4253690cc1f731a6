// Signs and their players.
#include "app/house_impl.h"
#include "tell/signage/web.h"

namespace machiya::app {

void House::Impl::wire_signs() {
  const auto address = furniture->assets->url("scripts/signage_worker.js");
  const pages::Asset* worker = address ? furniture->assets->find(std::string_view(*address).substr(std::string_view("/static/").size())) : nullptr;
  signage::add_routes(router, {*signage, *store, hub, *furniture->templates, *furniture->texts, clock, [this](const http::Request& request) { return console->frame(request); }, city_now(),
                               [this](const identity::Principal& who, std::string_view permission, std::string_view department) { return cases->may(who, permission, department); },
                               worker ? worker->body : std::string(), base_url()});
}

}  // namespace machiya::app
