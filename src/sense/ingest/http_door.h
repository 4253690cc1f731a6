// Devices over HTTP: POST /api/ingest/v1/json, senml, text (each also with a path of the profile behind it), write (line protocol).
#pragma once
#include "platform/http/http.h"
#include "sense/ingest/ingest.h"

namespace machiya::sense::ingest {

/// The permission of these routes: who asks proves itself by a device's key, here and not at the gate of identity.
inline constexpr std::string_view kDevicePermission = "device";
inline constexpr std::string_view kIngestBase = "/api/ingest/v1";
/// Bytes of one message, by HTTP and MQTT alike: what the inbox can keep whole.
inline constexpr std::size_t kMostPayload = std::size_t{1} << 20;

/// References must outlive the router. 204: all of it is durable. 422 (400 when it cannot be read): some was not taken; the problem names lines and members,
/// and "kept" says that a steward has it: it need not be sent again. 401, 403, 413, 429; 503 and 507: nothing was promised.
void add_device_routes(http::Router& router, Ingest& ingest, const Clock& clock);

}  // namespace machiya::sense::ingest
