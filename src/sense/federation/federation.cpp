#include "sense/federation/federation.h"

#include <algorithm>

namespace machiya::sense::federation {
namespace {
using tree::Value;

Value without_context(const Value& object, tree::Arena& arena) {
  std::vector<tree::Member> out;
  for (const tree::Member& m : object.members())
    if (m.key != "@context") out.push_back(m);
  return arena.object(out);
}

}  // namespace

std::string_view warning_text(Warning warning) {
  switch (warning) {
    case Warning::stale: return "110 - Response is Stale";
    case Warning::failed: return "199 - Miscellaneous Warning";
    case Warning::unusable: return "299 - Miscellaneous Persistent Warning";
  }
  return {};
}

Federation::Federation(Registrations& registrations, Contexts& contexts, machiya::sense::Names& names, Clock& clock, Sender::Call call, Sender::Options options)
    : registrations_(registrations), contexts_(contexts), names_(names), sender_(std::move(call), &registrations, clock, options) {}

bool Federation::any(std::string_view tenant) const { return !registrations_.all(tenant)->empty(); }

std::vector<Match> Federation::matching(const Asker& asker, const Wanted& wanted) const {
  std::vector<Match> out = registrations_.matching(asker.tenant, wanted);
  const std::string_view via = asker.header ? asker.header("via") : std::string_view();
  std::erase_if(out, [&](const Match& m) { return !m.registration->alias.empty() && (m.registration->alias == asker.alias || has_passed(via, m.registration->alias)); });
  return out;
}

Result<Request> Federation::question(const RegistrationPtr& source, const Asker& asker, std::string target) {
  MACHIYA_TRY(const Speech speaking, speech(*source, asker));
  Request out;
  out.registration = source, out.target = std::move(target), out.question = true;
  out.headers = headers_for(*source, asker, speaking, false);
  return out;
}

Federation::Told Federation::entities_of(const Reply& reply, const Speech& speech) {
  Told out;
  tree::Arena arena;
  const auto parsed = tree::parse(reply.body, arena);
  if (!parsed.ok() || (!parsed->is_object() && !parsed->is_array())) return {{}, true};
  for (const Value& item : parsed->is_array() ? parsed->items() : std::span<const Value>(&*parsed, 1)) {
    TermsPtr terms = speech.terms;
    if (const Value* context = item.find("@context"); context != nullptr && !(context->is_string() && context->text() == speech.link))
      if (auto own = contexts_.resolve(*context); own.ok()) terms = *own;
    auto entity = read_remote(without_context(item, arena), *terms, names_);
    if (entity.ok()) out.entities.push_back(std::move(*entity));
    else out.unusable = true;
  }
  return out;
}

}  // namespace machiya::sense::federation
