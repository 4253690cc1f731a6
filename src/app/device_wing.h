// Devices in the house: registry, inbox, doors over HTTP and MQTT, pages of staff.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "app/settings.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "platform/store/store.h"
#include "sense/component/sensing.h"
#include "sense/ingest/ingest.h"
#include "sense/ingest/mqtt_door.h"
#include "sense/mqtt/mqtt.h"

namespace machiya::locale {
class Catalogue;
}
namespace machiya::metrics {
class Registry;
}

namespace machiya::app {

/// References must outlive it.
struct DeviceParts {
  const Settings& settings;
  sense::ingest::RegistryParts registry;
  sense::Sensing& broker;
  metrics::Registry& metrics;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
};

/// Thread-safe.
class DeviceWing {
 public:
  static Result<std::unique_ptr<DeviceWing>> open(DeviceParts parts);
  ~DeviceWing();
  static std::vector<store::Migration> migrations();
  void add_routes(http::Router& router, std::function<pages::Data(const http::Request&)> staff_frame);
  void start();
  /// What is done every few seconds: the port of MQTT, when it was not free.
  void keep_up();
  /// What is done every ten minutes.
  void tend();
  /// After the last request.
  void close();
  sense::ingest::Registry& registry() { return *registry_; }
  sense::ingest::Ingest& ingest() { return *ingest_; }
  sense::ingest::Inbox& inbox() { return *inbox_; }

 private:
  explicit DeviceWing(DeviceParts parts) : p_(std::move(parts)) {}
  void listen();
  void add_metrics();

  DeviceParts p_;
  std::unique_ptr<sense::ingest::Registry> registry_;
  std::unique_ptr<sense::ingest::Inbox> inbox_;
  std::unique_ptr<sense::ingest::Ingest> ingest_;
  std::unique_ptr<sense::ingest::MqttDoor> door_;
  std::shared_ptr<http::TlsContext> tls_;
  std::unique_ptr<sense::MqttServer> mqtt_;
  bool started_ = false, told_ = false;
};

}  // namespace machiya::app
