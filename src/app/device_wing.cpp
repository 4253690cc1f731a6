#include "app/device_wing.h"

#include "base/log.h"
#include "platform/http/tls.h"
#include "platform/metrics/metrics.h"
#include "sense/ingest/http_door.h"
#include "sense/ingest/web.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_ingest();
}

namespace machiya::app {
namespace ingest = sense::ingest;

std::vector<store::Migration> DeviceWing::migrations() { return sql_migrations_ingest(); }

DeviceWing::~DeviceWing() { close(); }

Result<std::unique_ptr<DeviceWing>> DeviceWing::open(DeviceParts parts) {
  std::unique_ptr<DeviceWing> out(new DeviceWing(std::move(parts)));
  const DeviceParts& p = out->p_;
  if (!p.settings.mqtt_cert.empty()) {
    MACHIYA_TRY(out->tls_, http::TlsContext::load(p.settings.mqtt_cert, p.settings.mqtt_key));
  }
  MACHIYA_TRY(out->registry_, ingest::Registry::open(p.registry));
  MACHIYA_TRY(out->inbox_, ingest::Inbox::open(p.registry.store, p.registry.rng, {}));
  out->ingest_ = std::make_unique<ingest::Ingest>(ingest::IngestParts{*out->registry_, *out->inbox_, p.broker.entities(), p.broker.history(), p.broker.numbers(), p.broker.contexts(), p.registry.clock, p.registry.city});
  out->door_ = std::make_unique<ingest::MqttDoor>(*out->ingest_, p.registry.clock);
  out->add_metrics();
  return out;
}

void DeviceWing::add_metrics() {
  p_.metrics.gauge("machiya_device_misfits", "misfits of devices that wait for a steward", [this] { return inbox_ ? static_cast<double>(inbox_->waiting()) : 0; });
  p_.metrics.gauge("machiya_mqtt_connections", "MQTT clients that are connected", [this] { return mqtt_ ? static_cast<double>(mqtt_->figures().connections) : 0; });
}

void DeviceWing::add_routes(http::Router& router, std::function<pages::Data(const http::Request&)> staff_frame) {
  ingest::add_device_routes(router, *ingest_, p_.registry.clock);
  ingest::add_staff_routes(router, {*ingest_, p_.templates, p_.texts, p_.registry.clock, std::move(staff_frame)});
}

void DeviceWing::start() {
  ingest_->start();
  started_ = true;
  listen();
}

void DeviceWing::listen() {
  if (p_.settings.mqtt_listen.empty() || mqtt_ || !started_) return;
  const auto address = mqtt_address(p_.settings.mqtt_listen);
  if (!address.ok()) return;   // the settings were checked
  sense::MqttServerOptions options;
  options.listen = {{address->first, address->second, tls_}}, options.folder = p_.settings.data + "/sense/mqtt", options.max_packet = ingest::kMostPayload;
  auto server = sense::MqttServer::start(options, *door_, door_.get(), p_.registry.clock, p_.registry.rng);
  if (server.ok()) {
    mqtt_ = std::move(*server);
    log(LogLevel::info, "mqtt-listening", {{"address", p_.settings.mqtt_listen}, {"port", std::to_string(mqtt_->port())}});
  } else if (!told_) {
    log(LogLevel::error, "mqtt-not-listening", {{"why", server.error().to_string()}});
  }
  told_ = !server.ok();
}

void DeviceWing::keep_up() { listen(); }

void DeviceWing::tend() {
  if (tls_)
    if (auto read = tls_->reload(); !read.ok()) log(LogLevel::warn, "mqtt-certificate-not-read", {{"why", read.error().to_string()}});
  if (auto done = ingest_->tend(); !done.ok()) log(LogLevel::warn, "devices-not-tended", {{"why", done.error().to_string()}});
}

void DeviceWing::close() {
  started_ = false;
  mqtt_.reset();
  door_.reset();
  if (ingest_) ingest_->stop();
  ingest_.reset(), inbox_.reset(), registry_.reset();
}

}  // namespace machiya::app
