// Plugs module apply into module cases: wings' engines meet here, never in each other's headers.
#pragma once
#include <functional>
#include <memory>

#include "ask/apply/ports.h"

namespace machiya::cases {
class Cases;
class Statistics;
}
namespace machiya::identity {
class Identity;
}
namespace machiya::store {
class Store;
}

namespace machiya::city {
class City;
}

namespace machiya::app {

/// The city in force.
using CityNow = std::function<std::shared_ptr<const city::City>()>;
apply::Ports apply_ports(cases::Cases& cases, cases::Statistics& statistics, identity::Identity& identity, store::Store& store, CityNow city);

}  // namespace machiya::app
