// What an operator decides: where things lie, what to listen on, how codes are sent. Without a configuration file the
// server is the demonstration: loopback only, codes on the page, "not an official site" on every page.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "app/arguments.h"
#include "base/result.h"

namespace machiya::app {

struct Settings {
  bool demonstration = true;
  std::string root;            ///< folder with web/ and city/ (found beside the program)
  std::string city;            ///< folder of the definitions
  std::string data;            ///< folder of database, files and caches
  std::string store;           ///< store URL; empty: SQLite in the data folder
  std::string key_file;        ///< master key; must lie outside the data folder in production
  std::string audit_key_file;  ///< seed of the key that signs the audit's heads; empty: beside the master key
  std::string audit_copy;      ///< file to which signed heads are copied; empty: nowhere
  std::string listen = "127.0.0.1:8080";
  std::string tls_cert, tls_key;     ///< PEM files; empty: in the clear, for a proxy in front
  std::string tls_redirect_listen;   ///< "host:port" that sends plain requests on to base_url; empty: none
  std::string scan_socket;           ///< clamd, "unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310"; empty: uploads are not scanned
  bool scan_required = true;         ///< without a verdict no upload is taken
  std::string base_url;        ///< as citizens see it, "https://city.example.jp"
  std::string staff_url;       ///< of the staff console, when it has a name of its own; "" for the same
  std::string smtp_url, smtp_from, smtp_user, smtp_password;
  bool smtp_starttls = true;
  std::vector<std::string> outbound, outbound_internal;   ///< origins that may be called (https, and mqtt of subscribers); the latter may lie inside
  bool outbound_this_machine = false;                     ///< every origin on this machine, too: a broker of its own on loopback, not a setting
  std::string outbound_ca_file;                           ///< roots of trust of these calls; "" for the machine's own
  std::string jpki_roots;        ///< PEM file of the roots of the national card's signing certificates; empty: nothing is signed electronically
  std::string jpki_policy;       ///< OID that signing certificates must be issued under; "": not looked at
  std::string jpki_crls;         ///< folder of their revocation lists (*.crl, DER); or
  std::string jpki_ocsp;         ///< address of their OCSP responder
  std::map<std::string, std::map<std::string, std::string>> sign_in;   ///< provider → what only the operator knows of it
  std::map<std::string, std::map<std::string, std::string>> tell;      ///< channel → how it is reached: what only the operator knows
  int trusted_proxy_hops = 0;
  double rate_scale = 1.0;
  std::string metrics_clients;   ///< addresses that may read /metrics, with blanks between; this machine always may
  bool access_log = true;
  int workers = 64;
  int io_threads = 2;
  int pg_writers = 16;
  int register_index_mb = 512;   ///< memory for the indexes of registers' lists; 0: lists are read from the database
  std::string mqtt_listen;           ///< "host:port" for devices; empty: MQTT is off
  std::string mqtt_cert, mqtt_key;   ///< PEM files; empty: in the clear, on this machine only
  bool sense = true;             ///< this process holds the broker: one of several servers of a city does
  std::string parts_list;        ///< the list of parts that was made when the server was built (SPDX 2.3)
  std::string base_map_url, base_map_attribution;   ///< tiles of the national base map; empty: none
  std::string audit_key_path() const { return audit_key_file.empty() ? key_file + ".audit" : audit_key_file; }
  std::string store_url() const { return store.empty() ? "sqlite:" + data + "/machiya.db" : store; }
};

/// Options shared by every command that opens the house.
const std::vector<OptionSpec>& settings_options();
/// Defaults, then the file of --config, then the command line. Errors name the file and line.
Result<Settings> settings_from(const Arguments& arguments);
/// A PostgreSQL store on another machine must be reached by TLS that checks the server (sslmode=verify-full); this machine's own
/// socket or loopback, and SQLite, need none.
bool store_is_guarded(const std::string& url);
/// "127.0.0.1:1883", "[::1]:1883": address without brackets, and port. invalid_input.
Result<std::pair<std::string, std::uint16_t>> mqtt_address(const std::string& listen);
/// "127.0.0.1:1", "[::1]:1", "localhost:1".
bool is_loopback(const std::string& listen);

}  // namespace machiya::app
