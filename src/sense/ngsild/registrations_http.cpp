#include "sense/ngsild/registrations_http.h"

#include <algorithm>

#include "sense/ngsild/asking.h"
#include "sense/ngsild/distributed_subscriptions.h"
#include "sense/registrations/registration_text.h"

namespace machiya::sense::ngsild {
namespace {

Error bad(std::string why, std::string where) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

// §6.8.3.2: the only other form in which a registration is shown.
Result<bool> sys_attrs(const Call& call) {
  const auto options = call.parameter("options");
  if (options && *options != "sysAttrs") return bad("sysAttrs is expected", "options");
  return options.has_value();
}

/// The handlers of one broker's registrations.
class Handlers {
 public:
  Handlers(Registrations& registrations, const Subscriptions* subscriptions) : registrations_(registrations), subscriptions_(subscriptions) {}

  // §5.9.2
  Result<http::Response> create(Call& call) const {
    if (const tree::Value* id = call.body.find("id"); id != nullptr && !id->is_string()) return bad("a URI is expected", "id");
    MACHIYA_TRY(const std::string id, registrations_.create(call.tenant, call.body, *call.terms, call.context_json()));
    http::Response out = call.created("/csourceRegistrations/", id);
    if (subscriptions_ != nullptr) offer_subscriptions(call, *subscriptions_, id, out);
    return out;
  }
  // §5.9.3
  Result<http::Response> update(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    MACHIYA_CHECK(registrations_.update(call.tenant, id, call.body, *call.terms));
    http::Response out = call.no_content();
    if (subscriptions_ != nullptr) offer_subscriptions(call, *subscriptions_, id, out);
    return out;
  }
  // §5.9.4
  Result<http::Response> remove(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    MACHIYA_CHECK(registrations_.remove(call.tenant, id));
    if (subscriptions_ != nullptr) forget_source(call, id);
    return call.no_content();
  }
  // §5.10.1
  Result<http::Response> retrieve(Call& call) const {
    MACHIYA_TRY(const std::string id, known(call));
    MACHIYA_TRY(const bool system, sys_attrs(call));
    const RegistrationPtr found = registrations_.find(call.tenant, id);
    if (!found) return Error(ErrorCode::not_found, "there is no such registration");
    return call.answer(write_registration(*found, *call.terms, {.sys_attrs = system, .defaults = true, .state = registrations_.state(*found)}));
  }
  // §5.10.2. What nobody said is not said in a list either.
  Result<http::Response> query(Call& call) const {
    MACHIYA_CHECK(check_tenant(call));
    MACHIYA_TRY(const bool system, sys_attrs(call));
    RegistrationAsking asking;
    MACHIYA_CHECK(read_registration_query(call, asking));
    std::vector<Match> found = registrations_.matching(call.tenant, asking.wanted);
    std::ranges::stable_sort(found, {}, [](const Match& m) { return m.registration->created_us; });
    const std::size_t end = std::min(found.size(), asking.page.offset + asking.page.limit);
    std::vector<std::string> texts;
    for (std::size_t i = asking.page.offset; i < end; ++i)
      texts.push_back(write_registration(*found[i].registration, *call.terms, {.sys_attrs = system, .state = registrations_.state(*found[i].registration)}));
    return call.answer_list(texts, asking.page, asking.page.count ? std::optional<std::size_t>(found.size()) : std::nullopt, end < found.size());
  }

 private:
  Registrations& registrations_;
  const Subscriptions* subscriptions_;

  // A tenant is there with the first thing that it has.
  Result<void> check_tenant(const Call& call) const {
    const Broker& b = call.broker;
    if (call.tenant.empty() || registrations_.has_tenant(call.tenant) || b.entities.has_tenant(call.tenant)) return {};
    if (b.knows_tenant && b.knows_tenant(call.tenant)) return {};
    return Error(ErrorCode::not_found, "there is no such tenant", std::string(reason::kTenant));
  }
  Result<std::string> known(const Call& call) const {
    MACHIYA_CHECK(check_tenant(call));
    return call.uri("id");
  }
};

Result<http::Response> no_id(Call&) { return bad("the id of the registration is missing", "registrationId"); }

Result<void> read_time(const Call& call, Wanted& out) {
  const auto text = [&](std::string_view name) { return call.parameter(name).value_or(""); };
  bool said = false;
  for (const std::string_view name : {"timerel", "timeAt", "endTimeAt", "timeproperty"}) {
    if (!call.parameter(name)) continue;
    if (text(name).empty()) return bad("the parameter is empty", std::string(name));
    said = true;
  }
  if (!said) return {};
  auto when = TemporalQuery::parse({text("timerel"), text("timeAt"), text("endTimeAt"), text("timeproperty"), {}});
  if (!when.ok()) return bad_data(when.error());
  out.time = Wanted::Time::history, out.when = *when;
  return {};
}

}  // namespace

Result<void> read_registration_query(Call& call, RegistrationAsking& out) {
  Asking asking;
  MACHIYA_CHECK(read_query(call, asking));
  MACHIYA_CHECK(read_time(call, out.wanted));
  if (const auto text = call.parameter("csf")) {
    auto csf = Filter::parse(*text, call.expander(), {}, "csf");
    if (!csf.ok()) return bad_data(csf.error());
    out.csf = std::move(*csf);
  }
  out.page = asking.page;
  out.geo = std::move(asking.query.geo), out.scope = std::move(asking.query.scope);
  out.wanted.entities = std::move(asking.query.entities), out.wanted.attrs = std::move(asking.query.attrs);
  out.wanted.geo = out.geo ? &*out.geo : nullptr, out.wanted.csf = &out.csf, out.wanted.scope = &out.scope;
  return {};
}

void add_registration_routes(const Routes& routes, Registrations& registrations, const Subscriptions* subscriptions) {
  using http::Method;
  const auto with = [&registrations, subscriptions](Result<http::Response> (Handlers::*handler)(Call&) const) {
    return [&registrations, subscriptions, handler](Call& call) { return (Handlers(registrations, subscriptions).*handler)(call); };
  };
  const std::vector<std::string_view> asking = {"id", "type", "idPattern", "attrs", "q", "csf", "geometry", "georel", "coordinates", "geoproperty", "timeproperty",
                                                "timerel", "timeAt", "endTimeAt", "geometryProperty", "lang", "scopeQ", "options", "limit", "offset", "count", "local", "via"};
  for (const char* path : {"/csourceRegistrations", "/csourceRegistrations/"}) {
    routes.add(Method::post, path, {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, with(&Handlers::create));
    routes.add(Method::get, path, {.parameters = asking, .needs_tenant = false}, with(&Handlers::query));
    for (const Method m : {Method::patch, Method::del}) routes.add(m, path, {.parameters = {"local", "via"}, .needs_tenant = false}, no_id);
  }
  routes.add(Method::get, "/csourceRegistrations/{id}", {.parameters = {"options", "local", "via"}, .needs_tenant = false}, with(&Handlers::retrieve));
  routes.add(Method::patch, "/csourceRegistrations/{id}", {.parameters = {"local", "via"}, .body = true, .needs_tenant = false}, with(&Handlers::update));
  routes.add(Method::del, "/csourceRegistrations/{id}", {.parameters = {"local", "via"}, .needs_tenant = false}, with(&Handlers::remove));
}

}  // namespace machiya::sense::ngsild
