// What every command that serves HTTP does alike: signals taken by one thread, the server's options from the settings.
#pragma once
#include <signal.h>

#include "app/settings.h"
#include "platform/http/server.h"

namespace machiya::app {

/// SIGTERM, SIGINT and SIGHUP are blocked in every thread that is made from now on, for one that waits for them.
sigset_t block_signals();
http::ServerOptions server_options(const Settings& settings);

}  // namespace machiya::app
