#include "sense/federation/plan.h"

#include <algorithm>
#include <set>

namespace machiya::sense::federation {
namespace {

using Names = std::set<std::string, std::less<>>;

// The attributes of `among` that the source knows of.
std::vector<std::string> share_of(const Match& match, const Names& among) {
  const bool every = holds_every_attribute(match);
  std::vector<std::string> out;
  for (const std::string& a : among)
    if (every || std::ranges::find(match.attrs, a) != match.attrs.end()) out.push_back(a);
  return out;
}

Share make_share(const Match& match, std::vector<std::string> attrs, std::size_t asked) {
  const bool whole = attrs.size() == asked;
  return {match.registration, whole, std::move(attrs)};
}

void leave(Names& remaining, const std::vector<std::string>& taken) {
  for (const std::string& a : taken) remaining.erase(a);
}

/// Splits one write among sources, mode by mode.
class Splitting {
 public:
  Splitting(Operation operation, const std::vector<std::string>& attrs) : operation_(operation), asked_(attrs.size()), remaining_(attrs.begin(), attrs.end()) {}

  void proxied(const std::vector<const Match*>& sources) {
    Names owned, served;
    for (const Match* m : sources) {
      std::vector<std::string> mine = share_of(*m, remaining_);
      if (asked_ != 0 && mine.empty()) continue;
      plan_.proxied = true;
      owns_all_ = owns_all_ || holds_every_attribute(*m);
      owned.insert(mine.begin(), mine.end());
      const bool can = m->registration->operations.has(operation_);
      if (can) served.insert(mine.begin(), mine.end());
      (can ? plan_.forwarded : plan_.refused).push_back(make_share(*m, std::move(mine), asked_));
    }
    // What another redirect source takes is not refused.
    if (asked_ != 0)
      for (Share& s : plan_.refused) std::erase_if(s.attrs, [&](const std::string& a) { return served.contains(a); });
    std::erase_if(plan_.refused, [&](const Share& s) { return asked_ != 0 && s.attrs.empty(); });
    leave(remaining_, {owned.begin(), owned.end()});
  }

  void inclusive(const Match& m) {
    if (!m.registration->operations.has(operation_) || owns_all_) return;
    std::vector<std::string> mine = share_of(m, remaining_);
    if (asked_ != 0 && mine.empty()) return;
    plan_.forwarded.push_back(make_share(m, std::move(mine), asked_));
  }

  WritePlan finish() {
    plan_.left.assign(remaining_.begin(), remaining_.end());
    plan_.local = !owns_all_ && (asked_ == 0 || !plan_.left.empty());
    return std::move(plan_);
  }

 private:
  Operation operation_;
  std::size_t asked_;
  Names remaining_;
  bool owns_all_ = false;   // a proxied source has the entity with all that belongs to it
  WritePlan plan_;
};

// One registered group of entities against one selector: what to ask for.
void narrow(const RegisteredEntity& registered, const EntitySelector& asked, Question& out) {
  if (!registered.id.empty()) {
    out.ids = {registered.id};
  } else if (!asked.ids.empty()) {
    for (const std::string& id : asked.ids)
      if (!registered.id_pattern || registered.id_pattern->found_in(id)) out.ids.push_back(id);
  } else if (asked.id_pattern) {
    out.id_pattern = asked.id_pattern->source();
  } else if (registered.id_pattern) {
    out.id_pattern = registered.id_pattern->source();
  }
  if (asked.type.empty() || asked.type.every()) out.types = registered.types;
}

bool same_but_ids(const Question& a, const Question& b) {
  return a.registration == b.registration && a.types == b.types && a.attrs == b.attrs && a.id_pattern.empty() && b.id_pattern.empty() && !a.ids.empty() && !b.ids.empty();
}

void add(std::vector<Question>& all, Question question) {
  for (Question& q : all) {
    if (same_but_ids(q, question)) {
      for (std::string& id : question.ids)
        if (std::ranges::find(q.ids, id) == q.ids.end()) q.ids.push_back(std::move(id));
      return;
    }
    const bool alike = q.registration == question.registration && q.types == question.types && q.attrs == question.attrs;
    if (alike && q.ids == question.ids && q.id_pattern == question.id_pattern) return;
  }
  all.push_back(std::move(question));
}

}  // namespace

bool holds_every_attribute(const Match& match) {
  return std::ranges::any_of(match.infos, [](const RegistrationInfo* info) { return info->every_attribute(); });
}

WritePlan plan_write(const std::vector<Match>& matches, Operation operation, const std::vector<std::string>& attrs) {
  Splitting splitting(operation, attrs);
  for (const RegistrationMode mode : {RegistrationMode::exclusive, RegistrationMode::redirect}) {
    std::vector<const Match*> sources;
    for (const Match& m : matches)
      if (m.registration->mode == mode) sources.push_back(&m);
    splitting.proxied(sources);
  }
  for (const Match& m : matches)
    if (m.registration->mode == RegistrationMode::inclusive) splitting.inclusive(m);
  return splitting.finish();
}

std::vector<Question> plan_questions(const std::vector<Match>& matches, const Wanted& wanted) {
  std::vector<Question> out;
  const std::vector<EntitySelector> any(1);
  const std::vector<EntitySelector>& selectors = wanted.entities.empty() ? any : wanted.entities;
  const std::vector<RegisteredEntity> every(1);
  for (const Match& m : matches) {
    for (const RegistrationInfo* info : m.infos) {
      Question base;
      base.registration = m.registration, base.every_attr = info->every_attribute();
      for (const std::string& a : wanted.attrs)
        if (base.every_attr || info->has_attribute(a)) base.attrs.push_back(a);
      if (!wanted.attrs.empty() && base.attrs.empty()) continue;
      if (wanted.attrs.empty() && !base.every_attr) {
        base.attrs = info->properties;
        base.attrs.insert(base.attrs.end(), info->relationships.begin(), info->relationships.end());
      }
      for (const RegisteredEntity& registered : info->entities.empty() ? every : info->entities)
        for (const EntitySelector& asked : selectors) {
          if (!may_hold(registered, asked)) continue;
          Question q = base;
          narrow(registered, asked, q);
          add(out, std::move(q));
        }
    }
  }
  return out;
}

}  // namespace machiya::sense::federation
