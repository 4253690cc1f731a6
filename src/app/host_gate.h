// Which names this server answers to: citizens' pages and, where the operator wants it, the staff console under a name of its own,
// so that browsers keep the two apart (cookies, scripts and stored passwords belong to one origin).
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/http/http.h"

namespace machiya::app {

/// As in the Host header, lower case, without a default port; "" where the operator named none.
struct Hosts {
  std::string citizens;
  std::string staff;        ///< "": the console answers under the citizens' name
  std::string citizens_url; ///< where a citizens' page asked for under the staff name is found
};

/// From `base-url` and `staff-url`. invalid_input when they are no https origins or the same one.
Result<Hosts> hosts_from(const std::string& base_url, const std::string& staff_url);

enum class HostVerdict : std::uint8_t { fine, unknown, citizens_page, not_here };
/// May this path be asked of this host? /healthz, /readyz and /metrics answer to every name: monitors ask by address.
HostVerdict judge_host(const Hosts& hosts, std::string_view host, std::string_view path);

/// Runs before every other gate. 400 for an unknown name (nothing may be built from a forged one), 404 for the console under
/// the citizens' name, 303 to the citizens' name for their pages under the console's.
void add_host_gate(http::Router& router, Hosts hosts);

}  // namespace machiya::app
