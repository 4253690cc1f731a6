#include "app/sensing_maps.h"

#include "base/log.h"
#include "city/import_boundaries.h"
#include "city/import_towns.h"
#include "platform/http/hub.h"
#include "sense/livemap/web.h"

namespace machiya::app {

SensingMaps::SensingMaps(const SensingParts& parts, sense::Sensing& broker, const SensingAccess& access) : p_(parts), access_(access) {
  const auto boundaries = city::stored_boundaries(p_.settings.data);   // refused ones were told when the front door was opened
  const auto towns = [data = p_.settings.data](const city::City& city) -> std::shared_ptr<const city::Towns> {
    auto stored = city::stored_towns(city, data);
    if (!stored.ok()) log(LogLevel::error, "towns-refused", {{"why", stored.error().to_string()}});
    return stored.ok() ? *stored : nullptr;
  };
  maps_ = std::make_unique<sense::livemap::Livemap>(sense::livemap::Livemap::Parts{broker.entities(), &broker.history(), p_.clock, p_.city, boundaries.ok() ? *boundaries : nullptr, towns,
                                                                                  [&hub = p_.hub](std::string_view topic, std::string_view cell) { hub.publish(topic, "changed", cell); }});
}

void SensingMaps::add_routes(http::Router& router, const SensingFrames& frames) {
  sense::livemap::Web web{*maps_, p_.hub, p_.templates, p_.texts, p_.clock, frames.visitor, frames.staff};
  web.visitor = [access = &access_] { return access->visitor(); };
  web.gate = [access = &access_](const http::Request& request) -> Result<sense::GatePtr> { return access->gate_of(request); };
  web.may = [may = p_.may](const identity::Principal& who, std::string_view permission) { return may(who, permission, ""); };
  web.base_map_url = p_.settings.base_map_url, web.base_map_attribution = p_.settings.base_map_attribution;
  sense::livemap::add_routes(router, web);
}

}  // namespace machiya::app
