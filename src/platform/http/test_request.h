// For tests that ask a router without a socket.
#pragma once
#include <string>

#include "platform/http/http.h"

namespace machiya::http::testing {

/// What the server makes of the first line of a request: path and query come from `target`.
inline Request request(Method method, const std::string& target, const std::string& lang = "ja") {
  Request r;
  const std::size_t mark = target.find('?');
  r.method = method, r.target = target, r.path = target.substr(0, mark), r.lang = lang, r.id = "r1";
  if (mark != std::string::npos) r.query_text = target.substr(mark + 1), r.query_pairs = parse_query(r.query_text);
  return r;
}

}  // namespace machiya::http::testing
