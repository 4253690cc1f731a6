#include "sense/ngsiv2/registrations_http.h"

namespace machiya::sense::ngsiv2 {
namespace {

/// The handlers of one broker's context providers.
class Handlers {
 public:
  explicit Handlers(Providers& providers) : providers_(providers) {}

  Result<http::Response> create(Call& call) const {
    MACHIYA_TRY(const std::string id, providers_.create(call.tenant, call.path, call.body));
    http::Response out = call.no_content();
    out.status = 201;
    out.header("Location", "/v2/registrations/" + id);
    return out;
  }

  Result<http::Response> list(Call& call) const {
    MACHIYA_TRY(const Call::Page page, call.page());
    const Providers::Snapshot all = providers_.all(call.tenant);
    std::size_t total = 0;
    std::string out = "[";
    for (const ProviderPtr& p : *all) {
      if (!stands_here(call, *p) || total++ < page.offset || total > page.offset + page.limit) continue;
      out += (out.size() > 1 ? "," : "") + providers_.text(*p);
    }
    return call.answer_page(out + "]", page, total);
  }

  Result<http::Response> retrieve(Call& call) const {
    MACHIYA_TRY(const ProviderPtr provider, known(call));
    return call.answer(providers_.text(*provider));
  }

  Result<http::Response> update(Call& call) const {
    MACHIYA_TRY(const ProviderPtr provider, known(call));
    MACHIYA_CHECK(providers_.update(call.tenant, provider->id, call.body));
    return call.no_content();
  }

  Result<http::Response> remove(Call& call) const {
    MACHIYA_TRY(const ProviderPtr provider, known(call));
    MACHIYA_CHECK(providers_.remove(call.tenant, provider->id));
    return call.no_content();
  }

 private:
  Providers& providers_;

  static bool stands_here(const Call& call, const Provider& p) {
    const std::string_view path = p.path;
    return call.paths.matches(path == "/" ? std::span<const std::string_view>() : std::span<const std::string_view>(&path, 1));
  }

  // Those of another service path are not there.
  Result<ProviderPtr> known(const Call& call) const {
    ProviderPtr out = providers_.find(call.tenant, call.request.param("id"));
    if (!out || !stands_here(call, *out)) return Error(ErrorCode::not_found, "The requested registration has not been found. Check id");
    return out;
  }
};

}  // namespace

void add_registration_routes(const Routes& routes, Providers& providers) {
  using enum http::Method;
  const auto with = [&providers](Result<http::Response> (Handlers::*handler)(Call&) const) {
    return [&providers, handler](Call& call) { return (Handlers(providers).*handler)(call); };
  };
  routes.add(get, "/v2/registrations", {.options = {"count"}}, with(&Handlers::list));
  routes.add(post, "/v2/registrations", {.body = true, .writes = true}, with(&Handlers::create));
  routes.refuse_others("/v2/registrations", {get, post});
  routes.add(get, "/v2/registrations/{id}", {}, with(&Handlers::retrieve));
  routes.add(patch, "/v2/registrations/{id}", {.body = true}, with(&Handlers::update));
  routes.add(del, "/v2/registrations/{id}", {}, with(&Handlers::remove));
  routes.refuse_others("/v2/registrations/{id}", {get, patch, del});
}

}  // namespace machiya::sense::ngsiv2
