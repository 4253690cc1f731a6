#include "sense/ngsild/distributed_batch.h"

#include <algorithm>

namespace machiya::sense::ngsild {
namespace {
using federation::Reply;
using tree::Value;

Value without_context(const Value& object, tree::Arena& arena) {
  std::vector<tree::Member> out;
  for (const tree::Member& m : object.members())
    if (m.key != "@context") out.push_back(m);
  return arena.object(out);
}

void add(std::vector<std::string>& list, const std::string& word) {
  if (std::ranges::find(list, word) == list.end()) list.push_back(word);
}

}  // namespace

DistributedBatch::DistributedBatch(Call& call, Operation operation, std::string target, std::vector<BatchPart> parts)
    : call_(call), all_(leaving(call)), operation_(operation), target_(std::move(target)), parts_(std::move(parts)), failed_(parts_.size()) {
  plan();
}

void DistributedBatch::plan() {
  const federation::Asker who = asker_of(call_);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const BatchPart& p = parts_[i];
    one_context_ = one_context_ && tree::equal(p.body["@context"], parts_.front().body["@context"]);
    attrs_.push_back(p.body.is_null() || all_ == nullptr ? std::vector<std::string>() : attributes_of(call_, p.body, *p.terms));
    plans_.emplace_back();
    if (all_ == nullptr) continue;
    std::vector<std::string> types;
    const TermsPtr before = std::exchange(call_.terms, p.terms ? p.terms : call_.terms);
    types = types_of(call_, p.id, p.body);
    call_.terms = before;
    plans_[i] = federation::plan_write(all_->matching(who, wanted_entity(p.id, types, attrs_[i], std::nullopt)), operation_, attrs_[i]);
    // Who may not write it, may not have it written elsewhere: it is refused here.
    if (call_.gate && plans_[i].distributed() && !call_.gate->may_write(std::vector<std::string_view>(types.begin(), types.end())).ok()) plans_[i] = federation::WritePlan{{}, {}, attrs_[i], true, false};
    for (const federation::Share& s : plans_[i].forwarded) {
      auto bundle = std::ranges::find(bundles_, s.registration, &Bundle::source);
      if (bundle == bundles_.end()) bundle = bundles_.insert(bundles_.end(), Bundle{s.registration, {}, {}, {}});
      bundle->parts.push_back(i), bundle->attrs.push_back(s.attrs), bundle->whole.push_back(s.whole);
    }
  }
}

std::optional<Value> DistributedBatch::here(std::size_t part) const {
  const federation::WritePlan& plan = plans_[part];
  if (!plan.local) return std::nullopt;
  return cut(part) ? body_with(parts_[part].body, plan.left, *parts_[part].terms, call_.arena) : parts_[part].body;
}

// The context that the elements have in common, or that of the request.
federation::Asker DistributedBatch::asker() const {
  federation::Asker out = asker_of(call_);
  if (parts_.empty() || !parts_.front().body.has("@context")) return out;
  const Value& context = parts_.front().body["@context"];
  out.terms = parts_.front().terms, out.context = context, out.context_url = one_context_ ? only_url(context) : std::string();
  return out;
}

Result<federation::Request> DistributedBatch::request_for(const Bundle& bundle, const federation::Asker& who) {
  MACHIYA_TRY(const federation::Speech speech, all_->speech(*bundle.source, who));
  // Elements of several contexts keep their own, unless the source wants one for all.
  const bool own_contexts = !one_context_ && bundle.source->info("jsonldContext").empty();
  std::vector<Value> items;
  for (std::size_t i = 0; i < bundle.parts.size(); ++i) {
    const BatchPart& p = parts_[bundle.parts[i]];
    if (p.body.is_null()) {
      items.push_back(Value::string(p.id));
      continue;
    }
    Value part = bundle.whole[i] ? p.body : body_with(p.body, bundle.attrs[i], *p.terms, call_.arena);
    if (!own_contexts) part = federation::rename_entity(without_context(part, call_.arena), {p.terms.get(), speech.terms.get()}, call_.arena);
    items.push_back(part);
  }
  federation::Request out;
  out.registration = bundle.source, out.method = "POST", out.target = target_;
  if (bundle.source->local_only) out.target += out.target.find('?') == std::string::npos ? "?local=true" : "&local=true";
  out.headers = federation::headers_for(*bundle.source, who, speech, true);
  out.body = federation::body_text(call_.arena.array(items), speech, call_.arena);
  return out;
}

void DistributedBatch::fail(std::size_t part, const std::string& registration, const std::string& problem, BatchResult& result) {
  failed_[part] = true;
  result.further.push_back("{\"entityId\":" + tree::quoted(parts_[part].id) + ",\"registrationId\":" + tree::quoted(registration) + ",\"error\":" + problem + "}");
}

void DistributedBatch::take(const Bundle& bundle, const Reply& reply, BatchResult& result, std::vector<std::string>& created) {
  const std::string& source = bundle.source->id;
  if (!reply.good()) {
    for (const std::size_t p : bundle.parts) fail(p, source, problem_of(reply), result);
    return;
  }
  tree::Arena arena;
  const auto body = tree::parse(reply.body, arena);
  if (!body.ok()) return;
  if (reply.status == 201)
    for (const Value& id : body->items()) add(created, std::string(id.text()));
  for (const Value& e : (*body)["errors"].items())
    for (const std::size_t p : bundle.parts)
      if (parts_[p].id == e["entityId"].text()) fail(p, source, tree::to_text(e["error"]), result);
}

void DistributedBatch::finish(BatchResult& result, std::vector<std::string>& created) {
  if (all_ == nullptr) return;
  const federation::Asker who = asker();
  std::vector<federation::Request> requests;
  std::vector<const Bundle*> asked;
  std::vector<bool> sent(parts_.size());
  for (const Bundle& b : bundles_) {
    auto request = request_for(b, who);
    if (request.ok()) requests.push_back(std::move(*request)), asked.push_back(&b);
    else take(b, Reply(), result, created);
    for (const std::size_t p : b.parts) sent[p] = true;
  }
  const std::vector<Reply> replies = all_->send(requests);
  for (std::size_t i = 0; i < replies.size(); ++i) take(*asked[i], replies[i], result, created);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const federation::Share& s : plans_[i].refused) fail(i, s.registration->id, problem_json(conflict_of(s)), result);
    // That an entity is not here is no error where a source owns it.
    if (plans_[i].proxied && plans_[i].left.empty() && sent[i] && !failed_[i])
      std::erase_if(result.errors, [&](const auto& e) { return e.first == parts_[i].id && e.second.code == ErrorCode::not_found; });
    const bool wrong = failed_[i] || std::ranges::any_of(result.errors, [&](const auto& e) { return e.first == parts_[i].id; });
    if (wrong) std::erase(result.success, parts_[i].id), std::erase(created, parts_[i].id);
    else if (sent[i]) add(result.success, parts_[i].id);
  }
}

}  // namespace machiya::sense::ngsild
