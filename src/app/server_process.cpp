#include "app/server_process.h"

#include <pthread.h>

namespace machiya::app {

sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
}

http::ServerOptions server_options(const Settings& s) {
  http::ServerOptions o;
  o.listen = s.listen;
  o.workers = s.workers;
  o.io_threads = s.io_threads;
  o.spool_dir = s.data + "/spool";
  o.handover_socket = s.data + "/handover.sock";
  o.trusted_proxy_hops = s.trusted_proxy_hops;
  o.rate_scale = s.rate_scale;
  o.access_log = s.access_log;
  return o;
}

}  // namespace machiya::app
