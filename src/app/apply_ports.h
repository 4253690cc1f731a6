// Plugs module apply into module cases: wings' engines meet here, never in each other's headers.
#pragma once
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

namespace machiya::app {

apply::Ports apply_ports(cases::Cases& cases, cases::Statistics& statistics, identity::Identity& identity, store::Store& store);

}  // namespace machiya::app
