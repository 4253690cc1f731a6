// Errors as the standard names them (§5.5.2 and table 6.3.2-1).
#include "sense/ngsild/call.h"

namespace machiya::sense::ngsild {
namespace {

struct Named {
  std::string_view type, title;
  int status;
};

Named named(const Error& e) {
  switch (e.code) {
    case ErrorCode::malformed_request: return e.where == reason::kLength ? Named{"InvalidRequest", "Length required", 411} : Named{"InvalidRequest", "The request is not understood", 400};
    case ErrorCode::invalid_input: return {"BadRequestData", "The data does not meet the requirements of the operation", 400};
    case ErrorCode::not_found: return e.where == reason::kTenant ? Named{"NonexistentTenant", "There is no such tenant", 404} : Named{"ResourceNotFound", "There is no such resource", 404};
    case ErrorCode::conflict:
      if (e.where == reason::kLoop) return {"LoopDetected", "The request runs in a loop", 508};
      if (e.where == reason::kConflict) return {"Conflict", "The operation conflicts with a context source registration", 409};
      return {"AlreadyExists", "The element exists already", 409};
    case ErrorCode::method_not_allowed: return {"OperationNotSupported", "The operation is not supported", 422};
    case ErrorCode::unsupported_type: return e.where == reason::kAccept ? Named{"InvalidRequest", "Not acceptable", 406} : Named{"InvalidRequest", "Unsupported media type", 415};
    case ErrorCode::limit_exceeded: return e.where == reason::kTooMany ? Named{"TooManyResults", "Too many results", 403} : Named{"TooComplexQuery", "The query is too complex", 403};
    case ErrorCode::unavailable:
      if (e.where == reason::kLate) return {"InternalError", "A context source did not answer in time", 504};
      if (e.where == reason::kAway) return {"InternalError", "A context source failed", 502};
      return e.where == reason::kContext ? Named{"LdContextNotAvailable", "A context cannot be had", 504} : Named{"InternalError", "Not available now", 503};
    case ErrorCode::too_large: return {"InvalidRequest", "The body is too large", 413};
    case ErrorCode::forbidden: return {"AccessDenied", "This is not allowed", 403};
    default: return {"InternalError", "An error on our side", e.info().http_status};
  }
}

}  // namespace

std::string problem_json(const Error& error) {
  const Named n = named(error);
  std::string out = "{\"type\":\"https://uri.etsi.org/ngsi-ld/errors/" + std::string(n.type) + "\",\"title\":";
  tree::write_string(n.title, out);
  std::string detail = error.detail;
  if (!error.where.empty()) detail += detail.empty() ? error.where : " (" + error.where + ")";
  out += ",\"detail\":";
  tree::write_string(detail, out);
  return out + ",\"status\":" + std::to_string(n.status) + "}";
}

http::Response problem(const Error& error) {
  http::Response out;
  out.status = named(error).status;
  if (out.status == 411 || out.status == 415) return out;   // §6.3.4: just the status
  out.header("Content-Type", "application/json");
  out.body = problem_json(error);
  return out;
}

}  // namespace machiya::sense::ngsild
