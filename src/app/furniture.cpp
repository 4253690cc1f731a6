#include "app/furniture.h"

#include <filesystem>

#include "app/house.h"
#include "app/kinds.h"
#include "base/log.h"

namespace machiya::app {

Result<std::shared_ptr<Furniture>> load_furniture(const Settings& settings) {
  auto out = std::make_shared<Furniture>();
  const std::string web = settings.root + "/web";
  const std::string built = settings.root + "/build";
  MACHIYA_TRY(out->texts, locale::Catalogue::load(web + "/locale"));
  MACHIYA_TRY(out->reference, locale::ReferenceData::open(built + "/data/reference.bin"));
  MACHIYA_TRY(out->assets, pages::Assets::load({{"styles", web + "/styles"}, {"scripts", web + "/scripts"}, {"vendor", built + "/web/vendor"}}));
  MACHIYA_TRY(out->templates, pages::Templates::load(web + "/templates", *out->texts, *out->assets));
  city::LoadOptions options;
  std::error_code ec;
  std::filesystem::create_directories(settings.data + "/cache/city", ec);
  if (!ec) options.cache_folder = settings.data + "/cache/city";
  out->city = std::make_unique<city::Holder>(settings.city, all_kinds(), options);
  const city::LoadReport report = out->city->reload();
  if (!report.city) {
    std::string first = "the city cannot be loaded; run: machiya check";
    for (const city::Fault& fault : report.faults) {
      if (fault.severity != Severity::error) continue;
      first += "\n" + city::to_line(fault);
      break;
    }
    return Error(ErrorCode::definition_error, first, settings.city);
  }
  return out;
}

}  // namespace machiya::app
