#include "sense/ngsild/distributed_subscriptions.h"

#include <algorithm>

#include "sense/federation/federation_dao.h"
#include "sense/ngsild/distribution.h"

namespace machiya::sense::ngsild {
namespace {
using federation::Reply;
using federation::Sub;
using tree::Member;
using tree::Value;

constexpr std::string_view kPlace = "/federation/notifications/";

/// A subscription's body as one source is to have it.
class Forwarded {
 public:
  Forwarded(Call& call, const federation::Speech& speech) : arena_(call.arena), names_{call.terms.get(), speech.terms.get()} {}

  /// `match`: what of it the source may know; nullptr: the fragment of an update. `callback`: where its notifications go.
  Value body(const Value& said, const Match* match, const std::string& callback) {
    const bool split = said["splitEntities"].truth;
    std::vector<Member> out;
    for (const Member& m : said.members()) {
      if (is_ours(m.key) || (split && (m.key == "q" || m.key == "geoQ" || m.key == "scopeQ"))) continue;
      if (m.key == "entities") out.push_back({m.key, entities(m.value, match)});
      else if (m.key == "watchedAttributes") out.push_back({m.key, attributes(m.value, match)});
      else if (m.key == "q") out.push_back({m.key, arena_.string(federation::rename_filter(m.value.text(), names_))});
      else if (m.key == "geoQ") out.push_back({m.key, geo(m.value)});
      else if (m.key == "notification") continue;
      else out.push_back(m);
    }
    if (match != nullptr || said.has("notification")) out.push_back({"notification", notification(said["notification"], callback, split)});
    return arena_.object(out);
  }

 private:
  tree::Arena& arena_;
  federation::Renaming names_;

  // What the subscriber wants of its own notifications is done here.
  static bool is_ours(std::string_view key) {
    for (const char* name : {"id", "@id", "csf", "jsonldContext", "lang", "join", "joinLevel", "splitEntities", "datasetId", "throttling", "status", "@context"})
      if (key == name) return true;
    return false;
  }

  Value entities(const Value& list, const Match* match) {
    std::vector<Value> out;
    for (const Value& item : list.items()) {
      std::vector<Member> members;
      for (const Member& m : item.members()) members.push_back(m.key == "type" ? Member{m.key, types(m.value)} : m);
      // One that was registered by its id is the only one that the source has.
      if (match != nullptr && match->entities.size() == 1 && !match->entities.front()->id.empty() && !item.has("id")) {
        std::erase_if(members, [](const Member& m) { return m.key == "idPattern"; });
        members.insert(members.begin(), {"id", Value::string(match->entities.front()->id)});
      }
      out.push_back(arena_.object(members));
    }
    return arena_.array(out);
  }

  // "A" or an expression of types: names between its signs.
  Value types(const Value& v) {
    if (!names_.needed() || !v.is_string()) return v;
    std::string out, name;
    const auto flush = [&] {
      if (!name.empty()) out += names_.type(name);
      name.clear();
    };
    for (const char c : v.text()) {
      if (std::string_view(",;|()").find(c) == std::string_view::npos) name += c;
      else flush(), out += c;
    }
    flush();
    return arena_.string(out);
  }

  Value attributes(const Value& list, const Match* match) {
    std::vector<Value> out;
    for (const Value& item : list.items()) {
      const std::string_view iri = names_.from->expand_term(item.text(), arena_);
      if (match != nullptr && !federation::holds_every_attribute(*match) && std::ranges::find(match->attrs, iri) == match->attrs.end()) continue;
      out.push_back(arena_.string(names_.attribute(item.text())));
    }
    return arena_.array(out);
  }

  Value geo(const Value& v) {
    if (!names_.needed()) return v;
    std::vector<Member> out;
    for (const Member& m : v.members()) out.push_back(m.key == "geoproperty" ? Member{m.key, arena_.string(names_.attribute(m.value.text()))} : m);
    return arena_.object(out);
  }

  Value notification(const Value& said, const std::string& callback, bool split) {
    std::vector<Member> out;
    if (said["attributes"].is_array() && !split) out.push_back({"attributes", attributes(said["attributes"], nullptr)});
    out.push_back({"format", Value::string("normalized")}), out.push_back({"sysAttrs", Value::boolean(true)});
    out.push_back({"endpoint", arena_.object({{"uri", arena_.string(callback)}, {"accept", Value::string("application/json")}})});
    return arena_.object(out);
  }
};

void warn(const std::vector<Reply>& replies, http::Response& response) {
  std::vector<federation::Warning> warnings;
  for (const Reply& r : replies)
    if (!r.good() && !(r.came() && r.status == 404)) warnings.push_back(federation::Warning::failed);
  add_warnings(response, warnings);
}

std::string own_address(const Call& call, const federation::Federation& all) {
  if (!all.address().empty()) return all.address();
  return (call.request.secure ? "https://" : "http://") + std::string(call.request.header("host"));
}

Wanted wanted_of(Call& call, const Value& said, Operation operation) {
  Wanted out;
  out.operation = operation;
  if (const Value* entities = said.find("entities"))
    if (auto read = read_selectors(*entities, call.expander()); read.ok()) out.entities = std::move(*read);
  for (const Value& a : said["watchedAttributes"].items()) out.attrs.push_back(call.expand(a.text()));
  return out;
}

// The id at the end of a Location.
std::string last_part(std::string_view location) {
  const std::size_t slash = location.rfind('/');
  return http::url_decode(slash == std::string_view::npos ? location : location.substr(slash + 1));
}

Result<federation::Request> request_to(federation::Federation& all, const federation::Asker& asker, const RegistrationPtr& source, const char* method, std::string target, bool body) {
  MACHIYA_TRY(const federation::Speech speech, all.speech(*source, asker));
  federation::Request out;
  out.registration = source, out.method = method, out.target = std::move(target);
  if (source->local_only) out.target += "?local=true";
  out.headers = federation::headers_for(*source, asker, speech, body);
  return out;
}

// Requests to each source that has a subscription for this one.
template <class Body> void tell_subs(Call& call, const std::string& id, const char* method, Operation operation, const Body& body, http::Response& response) {
  federation::Federation* all = leaving(call);
  if (all == nullptr || all->store() == nullptr) return;
  const auto subs = federation::subs_of(*all->store(), call.tenant, id);
  if (!subs.ok()) return;
  const federation::Asker asker = asker_of(call);
  std::vector<federation::Request> requests;
  for (const Sub& s : *subs) {
    const RegistrationPtr source = all->registrations().find(call.tenant, s.registration);
    if (!source || !source->operations.has(operation)) continue;
    auto request = request_to(*all, asker, source, method, "/subscriptions/" + federation::path_part(s.remote), operation == Operation::update_subscription);
    const auto speech = all->speech(*source, asker);
    if (!request.ok() || !speech.ok()) continue;
    request->body = body(*speech, s, *all);
    requests.push_back(std::move(*request));
  }
  warn(all->send(requests), response);
}

}  // namespace

namespace {

// Instead of a registration: this subscription is not for other brokers (§6.3.18), now or later.
constexpr const char* kNowhere = "";

/// Subscriptions that are to be made at sources, together.
class Offering {
 public:
  Offering(Call& call, federation::Federation& all) : call_(call), all_(all), asker_(asker_of(call)) {}

  /// At every source that may know of it; `only`: at the one of this registration, "" for all.
  void add(const std::string& id, const Value& said, std::string_view only, http::Response& response) {
    Filter csf;
    Wanted wanted = wanted_of(call_, said, Operation::create_subscription);
    if (said["csf"].is_string())
      if (auto parsed = Filter::parse(said["csf"].text(), call_.expander(), {}, "csf"); parsed.ok()) csf = std::move(*parsed), wanted.csf = &csf;
    for (const Match& m : all_.matching(asker_, wanted)) {
      if (!only.empty() && m.registration->id != only) continue;
      auto request = request_to(all_, asker_, m.registration, "POST", "/subscriptions", true);
      const auto speech = all_.speech(*m.registration, asker_);
      if (!request.ok() || !speech.ok()) {
        add_warnings(response, {federation::Warning::failed});
        continue;
      }
      const std::string token = new_public_id(call_.broker.rng);
      const Value body = Forwarded(call_, *speech).body(said, &m, own_address(call_, all_) + std::string(kBase) + std::string(kPlace) + token);
      request->body = federation::body_text(body, *speech, call_.arena);
      requests_.push_back(std::move(*request));
      subs_.push_back({token, call_.tenant, id, m.registration->id, {}});
    }
  }

  void make(http::Response& response) {
    if (requests_.empty()) return;
    if (!federation::keep_subs(*all_.store(), subs_).ok()) {
      add_warnings(response, {federation::Warning::failed});
      return;
    }
    const std::vector<Reply> replies = all_.send(requests_);
    warn(replies, response);
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (replies[i].good()) subs_[i].remote = last_part(replies[i].location);
    (void)federation::settle_subs(*all_.store(), subs_).ok();   // what stays without its id cannot be deleted there, but is answered with 404 here
  }

 private:
  Call& call_;
  federation::Federation& all_;
  federation::Asker asker_;
  std::vector<federation::Request> requests_;
  std::vector<Sub> subs_;
};

}  // namespace

void subscribe_elsewhere(Call& call, const std::string& id, http::Response& response) {
  federation::Federation* known = call.broker.federation;
  if (known != nullptr && known->store() != nullptr && call.parameter("local") == "true") {
    (void)federation::keep_subs(*known->store(), {{new_public_id(call.broker.rng), call.tenant, id, kNowhere, kNowhere}}).ok();
    return;
  }
  federation::Federation* all = leaving(call);
  if (all == nullptr || all->store() == nullptr) return;
  Offering offering(call, *all);
  offering.add(id, call.body, {}, response);
  offering.make(response);
}

void offer_subscriptions(Call& call, const Subscriptions& subscriptions, const std::string& registration, http::Response& response) {
  federation::Federation* all = leaving(call);
  if (all == nullptr || all->store() == nullptr) return;
  const RegistrationPtr source = all->registrations().find(call.tenant, registration);
  if (!source || !source->operations.has(Operation::create_subscription)) return;
  constexpr std::size_t kAtOnce = 1000;
  Offering offering(call, *all);
  for (std::size_t offset = 0;; offset += kAtOnce) {
    const Subscriptions::Page page = subscriptions.list(call.tenant, *call.terms, false, offset, kAtOnce);
    for (const std::string& text : page.texts) {
      const auto said = tree::parse(text, call.arena);
      if (!said.ok()) continue;
      const std::string id((*said)["id"].text());
      const auto subs = federation::subs_of(*all->store(), call.tenant, id);
      const auto there = [&](const Sub& s) { return s.registration == kNowhere || s.registration == registration; };
      if (subs.ok() && std::ranges::none_of(*subs, there)) offering.add(id, *said, registration, response);
    }
    if (!page.more) break;
  }
  offering.make(response);
}

void forget_source(Call& call, const std::string& registration) {
  if (const federation::Federation* all = call.broker.federation; all != nullptr && all->store() != nullptr) (void)federation::forget_subs_at(*all->store(), call.tenant, registration).ok();
}

void update_elsewhere(Call& call, const std::string& id, http::Response& response) {
  tell_subs(call, id, "PATCH", Operation::update_subscription, [&](const federation::Speech& speech, const Sub& s, const federation::Federation& all) {
    const Value body = Forwarded(call, speech).body(call.body, nullptr, own_address(call, all) + std::string(kBase) + std::string(kPlace) + s.token);
    return federation::body_text(body, speech, call.arena);
  }, response);
}

void unsubscribe_elsewhere(Call& call, const std::string& id, http::Response& response) {
  tell_subs(call, id, "DELETE", Operation::delete_subscription, [](const federation::Speech&, const Sub&, const federation::Federation&) { return std::string(); }, response);
  if (const federation::Federation* all = call.broker.federation; all != nullptr && all->store() != nullptr) (void)federation::forget_subs(*all->store(), call.tenant, id).ok();
}

namespace {

// §5.8.6: a source told something of these entities.
Result<http::Response> told(Call& call, Subscriptions& subscriptions) {
  federation::Federation* all = call.broker.federation;
  const auto absent = [] { return Error(ErrorCode::not_found, "nobody subscribed so"); };
  if (all == nullptr || all->store() == nullptr) return absent();
  MACHIYA_TRY(const auto sub, federation::sub_of_token(*all->store(), std::string(call.request.param("token"))));
  if (!sub) return absent();
  const RegistrationPtr source = all->registrations().find(sub->tenant, sub->registration);
  if (!source) return absent();
  call.tenant = sub->tenant;   // the source calls us by the token, not by our tenant
  std::vector<EntityPtr> entities;
  const bool split = subscriptions.splits(sub->tenant, sub->subscription);
  for (const Value& item : call.body["data"].items()) {
    auto part = federation::read_remote(item, *call.terms, all->names());
    if (!part.ok()) return bad_data(part.error());
    if (!split) {
      entities.push_back(std::move(*part));
      continue;
    }
    Asking asking;
    Gathered whole = gather(call, *all, std::string((*part)->id), asking);
    std::vector<federation::Part> parts = {{*part}};
    if (whole.entity) parts.push_back({whole.entity});
    entities.push_back(federation::merge(parts, all->names()));
  }
  MACHIYA_CHECK(subscriptions.tell(sub->tenant, sub->subscription, entities));
  http::Response out;
  out.status = 200;
  return call.dressed(std::move(out));
}

}  // namespace

void add_source_notification_routes(const Routes& routes, Subscriptions& subscriptions) {
  routes.add(http::Method::post, std::string(kPlace) + "{token}", {.parameters = {}, .body = true, .needs_tenant = false}, [&subscriptions](Call& call) { return told(call, subscriptions); });
}

}  // namespace machiya::sense::ngsild
