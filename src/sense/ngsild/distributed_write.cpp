// Writes that this broker and registered sources do together (§5.6.1–§5.6.6, §5.6.17–§5.6.19).
#include <algorithm>
#include <array>

#include "sense/ngsild/distribution.h"

namespace machiya::sense::ngsild {
namespace {
using federation::Reply;
using federation::Share;
using federation::WritePlan;
using tree::Value;

/// What came of one write, here and elsewhere.
struct Outcome {
  WritePlan plan;
  std::vector<Reply> replies;       // of plan.forwarded
  std::optional<Result<Change>> here;
  bool good_somewhere() const { return (here && here->ok()) || std::ranges::any_of(replies, &Reply::good); }
};

// The name of the attribute that stands in the path, as this source calls it.
std::string renamed_target(const OneWrite& write, const federation::Speech& speech, Call& call) {
  if (!write.one_attribute || speech.terms == call.terms) return write.target;
  const std::string path = (write.history ? "/temporal" : "") + entity_path(write.id, "/attrs/"), name(speech.terms->compact_attribute(write.attrs.front(), call.arena));
  const std::size_t end = std::min(write.target.find_first_of("?/", path.size()), write.target.size());
  return path + federation::path_part(name) + write.target.substr(end);
}

Result<federation::Request> request_for(Call& call, federation::Federation& all, const federation::Asker& asker, const OneWrite& write, const Share& share) {
  MACHIYA_TRY(const federation::Speech speech, all.speech(*share.registration, asker));
  federation::Request out;
  out.registration = share.registration, out.method = write.method, out.target = renamed_target(write, speech, call);
  if (share.registration->local_only) out.target += out.target.find('?') == std::string::npos ? "?local=true" : "&local=true";
  out.headers = federation::headers_for(*share.registration, asker, speech, write.with_body);
  if (!write.with_body) return out;
  const federation::Renaming names{call.terms.get(), speech.terms.get()};
  const Value part = write.one_attribute || share.whole ? call.body : body_with(call.body, share.attrs, *call.terms, call.arena);
  out.body = federation::body_text(write.one_attribute ? federation::rename_attribute(part, names, call.arena) : federation::rename_entity(part, names, call.arena), speech, call.arena);
  return out;
}

// Everything that is not here is asked; a source whose context cannot be had counts as away.
std::vector<Reply> forward(Call& call, federation::Federation& all, const OneWrite& write, const WritePlan& plan) {
  const federation::Asker asker = asker_of(call);
  std::vector<federation::Request> requests;
  std::vector<std::size_t> places;
  std::vector<Reply> out(plan.forwarded.size());
  for (std::size_t i = 0; i < plan.forwarded.size(); ++i)
    if (auto request = request_for(call, all, asker, write, plan.forwarded[i]); request.ok()) requests.push_back(std::move(*request)), places.push_back(i);
  std::vector<Reply> replies = all.send(requests);
  for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = std::move(replies[i]);
  return out;
}

// What this broker refuses before anything has left is the answer; that something is not here, or is here already, may be otherwise elsewhere.
bool final_here(const Error& error) { return error.code != ErrorCode::not_found && error.code != ErrorCode::conflict; }

// Does the source keep evolutions: did it register an interval, or does it name such an operation? A source of what is now alone owns no history (§5.12).
bool keeps_history(const Registration& source) {
  using enum Operation;
  const auto can = [&](Operation o) { return source.operations.has(o); };
  return source.tells_history() || std::ranges::any_of(std::array{upsert_temporal, append_attrs_temporal, delete_attrs_temporal, update_attr_instance_temporal, delete_attr_instance_temporal,
                                                                  delete_temporal, retrieve_temporal, query_temporal}, can);
}

// Who may take part in a write.
std::vector<Match> writable(Call& call, federation::Federation& all, const OneWrite& write, const std::vector<std::string>& types) {
  Wanted wanted = wanted_entity(write.id, types, write.attrs, std::nullopt);
  if (write.history) wanted.time = Wanted::Time::any;
  auto out = all.matching(asker_of(call), wanted);
  if (write.history) std::erase_if(out, [](const Match& m) { return !keeps_history(*m.registration); });
  return out;
}

Result<Outcome> distribute(Call& call, federation::Federation& all, const OneWrite& write, const LocalWrite& local) {
  Outcome out;
  std::vector<std::string> types = write.types;
  if (types.empty()) types = types_of(call, write.id, write.one_attribute ? Value() : call.body);
  const auto matches = writable(call, all, write, types);
  if (call.gate && !matches.empty()) MACHIYA_CHECK(call.gate->may_write(std::vector<std::string_view>(types.begin(), types.end())));
  out.plan = federation::plan_write(matches, write.operation, write.attrs);
  const Value whole = call.body;
  if (out.plan.local) {
    if (write.with_body && !write.one_attribute && out.plan.left.size() != write.attrs.size()) call.body = body_with(whole, out.plan.left, *call.terms, call.arena);
    out.here = local(call);
    call.body = whole;
    if (!out.here->ok() && final_here(out.here->error())) return out.here->error();
    // The entity may well live with a source alone that owns it.
    if (!out.here->ok() && out.here->error().code == ErrorCode::not_found && out.plan.proxied && out.plan.left.empty()) out.here.reset();
  }
  out.replies = forward(call, all, write, out.plan);
  const auto did = std::ranges::find_if(out.replies, &Reply::good);
  if (write.elsewhere != nullptr && did != out.replies.end()) *write.elsewhere = did->status;
  return out;
}

// Nothing was done anywhere, and the reason is one for all.
std::optional<Error> failed_as_one(const Outcome& o) {
  if (o.good_somewhere()) return std::nullopt;
  if (o.plan.forwarded.empty() && !o.plan.refused.empty()) return conflict_of(o.plan.refused.front());
  if (!o.plan.forwarded.empty() && all_loops(o.replies) && (!o.here || !o.here->ok())) return loop_error();
  if (o.plan.forwarded.empty() && o.plan.refused.empty() && o.here) return o.here->error();
  return std::nullopt;
}

// Errors that a source's own 207 tells are handed on under its registration.
void add_batch_errors(const Reply& reply, const std::string& registration, BatchResult& out) {
  tree::Arena arena;
  const auto body = tree::parse(reply.body, arena);
  if (!body.ok()) return;
  for (const Value& e : (*body)["errors"].items()) {
    if (!e["entityId"].is_string() || !e["error"].is_object()) continue;
    out.further.push_back("{\"entityId\":" + tree::quoted(e["entityId"].text()) + ",\"registrationId\":" + tree::quoted(registration) + ",\"error\":" + tree::to_text(e["error"]) + "}");
  }
}

void add_error(BatchResult& out, const std::string& id, const std::string& registration, const std::string& problem) {
  out.further.push_back("{\"entityId\":" + tree::quoted(id) + ",\"registrationId\":" + tree::quoted(registration) + ",\"error\":" + problem + "}");
}

/// {"updated", "notUpdated"} of several sources.
class UpdateTold {
 public:
  void done(const std::string& name) {
    if (std::ranges::find(updated_, name) == updated_.end()) updated_.push_back(name);
  }
  void not_done(std::string_view name, std::string_view why, std::string_view registration = {}) {
    std::string text = "{\"attributeName\":" + tree::quoted(name) + ",\"reason\":" + tree::quoted(why);
    if (!registration.empty()) text += ",\"registrationId\":" + tree::quoted(registration);
    not_updated_.push_back(text + "}");
  }
  bool all_done() const { return not_updated_.empty(); }
  std::string text() const {
    std::string out = "{\"updated\":" + tree::array_of(updated_) + ",\"notUpdated\":[";
    for (const std::string& n : not_updated_) out += (out.back() == '[' ? "" : ",") + n;
    return out + "]}";
  }

 private:
  std::vector<std::string> updated_, not_updated_;
};

// A source's own UpdateResult; names are expanded by the terms that it was spoken to in.
void add_update_result(const Reply& reply, const Share& share, const Terms& terms, UpdateTold& out) {
  tree::Arena arena;
  const auto body = tree::parse(reply.body, arena);
  if (!body.ok()) return;
  for (const Value& name : (*body)["updated"].items()) out.done(std::string(terms.expand_term(name.is_string() ? name.text() : name["attributeName"].text(), arena)));
  for (const Value& n : (*body)["notUpdated"].items()) out.not_done(terms.expand_term(n["attributeName"].text(), arena), n["reason"].text(), share.registration->id);
}

void tell_replies(Call& call, federation::Federation& all, const Outcome& o, const OneWrite& write, UpdateTold& told) {
  const federation::Asker asker = asker_of(call);
  for (std::size_t i = 0; i < o.replies.size(); ++i) {
    const Share& share = o.plan.forwarded[i];
    const std::vector<std::string>& attrs = share.attrs.empty() ? write.attrs : share.attrs;
    if (o.replies[i].status == 207) {
      const auto speech = all.speech(*share.registration, asker);
      add_update_result(o.replies[i], share, speech.ok() ? *speech->terms : *call.terms, told);
      continue;
    }
    for (const std::string& a : attrs) o.replies[i].good() ? told.done(a) : told.not_done(a, reason_of(o.replies[i]), share.registration->id);
  }
  for (const Share& s : o.plan.refused)
    for (const std::string& a : s.attrs) told.not_done(a, conflict_of(s).detail, s.registration->id);
}

// No other source has a part in it.
Result<http::Response> write_here(Call& call, const LocalWrite& local, const Answered& done) {
  call.writes_last();
  MACHIYA_TRY(const Change change, local(call));
  return done(call, change);
}

}  // namespace

Result<http::Response> write_entity(Call& call, const OneWrite& write, const LocalWrite& local, const Answered& done) {
  federation::Federation* all = leaving(call);
  if (all == nullptr) return write_here(call, local, done);
  MACHIYA_TRY(Outcome o, distribute(call, *all, write, local));
  if (const auto error = failed_as_one(o)) return *error;
  BatchResult result;
  if (o.here && !o.here->ok()) result.errors.emplace_back(write.id, o.here->error());
  for (std::size_t i = 0; i < o.replies.size(); ++i) {
    if (o.replies[i].status == 207) add_batch_errors(o.replies[i], o.plan.forwarded[i].registration->id, result);
    if (!o.replies[i].good()) add_error(result, write.id, o.plan.forwarded[i].registration->id, problem_of(o.replies[i]));
  }
  for (const Share& s : o.plan.refused) add_error(result, write.id, s.registration->id, problem_json(conflict_of(s)));
  if (result.errors.empty() && result.further.empty()) return done(call, o.here ? **o.here : Change());
  if (o.good_somewhere()) result.success.push_back(write.id);
  return call.multi_status(result.text());
}

Result<http::Response> write_attributes(Call& call, const OneWrite& write, const LocalWrite& local, const Answered& done) {
  federation::Federation* all = leaving(call);
  if (all == nullptr) return write_here(call, local, done);
  MACHIYA_TRY(Outcome o, distribute(call, *all, write, local));
  if (!o.plan.distributed() && o.here && o.here->ok()) return done(call, **o.here);
  if (const auto error = failed_as_one(o)) return *error;
  UpdateTold told;
  if (o.here && o.here->ok()) {
    for (const std::string& name : (**o.here).done) told.done(name);
    for (const Change::NotDone& n : (**o.here).not_done) told.not_done(n.name, n.reason);
  } else if (o.here) {
    for (const std::string& name : o.plan.left.empty() ? write.attrs : o.plan.left) told.not_done(name, o.here->error().detail);
  }
  tell_replies(call, *all, o, write, told);
  if (told.all_done()) return call.no_content();
  return call.multi_status(told.text());
}

}  // namespace machiya::sense::ngsild
