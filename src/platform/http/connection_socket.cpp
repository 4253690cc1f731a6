// The socket of a connection, in the clear or through TLS: everything else reads and writes through these.
#include <sys/socket.h>

#include "platform/http/connection.h"

namespace machiya::http {

ssize_t Connection::receive(char* out, std::size_t size) { return tls_ ? tls_->receive(out, size) : ::recv(fd_, out, size, MSG_DONTWAIT); }

ssize_t Connection::transmit(const char* bytes, std::size_t size) {
  return tls_ ? tls_->send(bytes, size) : ::send(fd_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Connection::end_sending() {
  if (tls_) tls_->say_goodbye();
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace machiya::http
