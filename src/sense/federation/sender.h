// Requests to sources: in parallel, a few for each source at a time, each within its time, none for ever; sources that failed are left in peace for their
// cool-down (§5.2.34); answers may be kept for the registration's cacheDuration (§6.3.17).
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "sense/federation/envelope.h"
#include "sense/registrations/registrations.h"

namespace machiya::sense::federation {

struct Request {
  RegistrationPtr registration;
  std::string method = "GET";
  std::string target;        ///< behind /ngsi-ld/v1: "/entities/urn:a?attrs=b"
  Headers headers;
  std::string body;
  bool question = false;     ///< changes nothing: may be sent twice, its answer may be kept
  bool bare = false;         ///< the target stands right behind the endpoint: the source does not speak NGSI-LD
};

struct Reply {
  enum class Kind : std::uint8_t {
    answered,   ///< any status
    kept,       ///< an earlier answer, within the registration's cacheDuration
    late,       ///< no answer within the time, or the source is cooling down
    away        ///< it could not be reached, may not be called, or sent what is no answer
  };
  Kind kind = Kind::away;
  int status = 0;
  std::string body, content_type, link, location, entity_map;
  bool came() const { return kind == Kind::answered || kind == Kind::kept; }
  bool good() const { return came() && status >= 200 && status < 300; }
};

class Sender {
 public:
  using Call = std::function<Result<outbound::Answer>(const outbound::Call&)>;
  struct Options {
    std::int64_t timeout_us = 5 * kSecond, most_timeout_us = 60 * kSecond;   ///< when a registration does not say; at most
    std::size_t at_once = 8;           ///< threads for one request of ours
    std::size_t for_each = 4;          ///< requests to one endpoint at a time
    std::size_t most_bytes = std::size_t{16} << 20;   ///< of an answer
    std::size_t most_kept = 1000;      ///< answers
  };
  /// `call` as Outbound::call; `registrations` is told how it went, may be nullptr.
  Sender(Call call, Registrations* registrations, Clock& clock, Options options);
  /// Answers in the order of the requests. Any thread; blocks until all are there, each at most its source's time.
  std::vector<Reply> send(const std::vector<Request>& requests);

 private:
  struct Kept {
    Reply reply;
    std::int64_t at_us = 0;
  };
  Reply one(const Request& request);
  Reply ask(const Request& request, std::int64_t timeout_us);
  bool enter(const std::string& endpoint, std::int64_t timeout_us);
  void leave(const std::string& endpoint);
  bool cooling(const Registration& registration);
  void cool(const Registration& registration);
  std::optional<Reply> find_kept(const Request& request, const std::string& key);

  Call call_;
  Registrations* registrations_;
  Clock& clock_;
  Options options_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::map<std::string, std::size_t> busy_;          // by endpoint
  std::map<std::string, std::int64_t> cool_until_;   // by endpoint, µs since 1970
  std::map<std::string, Kept> kept_;
};

}  // namespace machiya::sense::federation
