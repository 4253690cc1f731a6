// What the house needs besides a database.
#pragma once
#include <memory>

#include "app/settings.h"
#include "city/city.h"
#include "platform/locale/locale.h"
#include "platform/pages/assets.h"
#include "platform/pages/pages.h"

namespace machiya::app {

class Furniture {
 public:
  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<locale::ReferenceData> reference;
  std::unique_ptr<pages::Assets> assets;
  std::unique_ptr<pages::Templates> templates;
  std::unique_ptr<city::Holder> city;
};

}  // namespace machiya::app
