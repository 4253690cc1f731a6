// How a source is spoken to (§4.3.6.5, §4.3.6.6, §6.3.18): address, context, media types, headers of the registration, tenant, Via. Pure but for contexts.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sense/federation/rename.h"
#include "sense/registrations/registration.h"

namespace machiya::sense::federation {

/// The request that is being answered.
struct Asker {
  std::string tenant;                      ///< of this broker
  std::string alias;                       ///< who this broker is to others, for this tenant (§5.2.40)
  std::function<std::string_view(std::string_view name)> header;   ///< of the request, name in lower case; "" when absent
  TermsPtr terms;
  std::string context_url;                 ///< "" when its context has no address
  tree::Value context;                     ///< when it has none; lives as long as the request
};

/// The names of Via (RFC 9110 §7.6.3): "1.1 a, 1.1 b (comment)" → a, b.
std::vector<std::string> via_names(std::string_view header);
/// Has this request passed there already?
bool has_passed(std::string_view via, std::string_view alias);

/// The language that a source is spoken to in.
struct Speech {
  TermsPtr terms;
  std::string link;            ///< URL for the Link header; "" when the context must stand in the body
  tree::Value context;         ///< for the body
  bool ld_body = false;        ///< bodies are application/ld+json (contentType of the registration, or a context without an address)
};
/// unavailable: the registration's jsonldContext cannot be had.
Result<Speech> speech_for(const Registration& registration, const Asker& asker, Contexts& contexts);

using Headers = std::vector<std::pair<std::string, std::string>>;
/// What every request to this source has. Values of source_info that are "urn:ngsi-ld:request" come from the request (left out when it has none).
Headers headers_for(const Registration& registration, const Asker& asker, const Speech& speech, bool with_body);

/// {"@context"} is added to an entity, or to each of a list, when the body is ld+json.
std::string body_text(const tree::Value& body, const Speech& speech, tree::Arena& arena);

/// The registration's endpoint with this behind it: "/entities/…". An endpoint may name "/ngsi-ld/v1" already.
std::string address_of(const Registration& registration, std::string_view target);
/// A part of a path, encoded where it must be.
std::string path_part(std::string_view text);

/// "?a=b&c=d" of these; those without a value are left out.
class QueryText {
 public:
  QueryText& add(std::string_view name, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace machiya::sense::federation
