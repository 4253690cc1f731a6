// The automatic path of emergencies, and their ends.
#include <algorithm>

#include "tell/campaigns/campaigns.h"
#include "tell/campaigns/campaigns_dao.h"

namespace machiya::tell {
namespace dao = campaigns_dao;
namespace {

/// A template's texts and words in a draft.
void take_texts(Draft& draft, const Template& t) {
  draft.title = t.title, draft.body = t.body, draft.short_text = t.short_text;
  draft.from_template = t.id, draft.channels = t.channels, draft.topic = t.topic;
}

/// Only those that the template asks for.
std::map<std::string, std::string> asked(const std::map<std::string, std::string>& slots, const Template& t) {
  std::map<std::string, std::string> out;
  for (const Variable& v : t.variables)
    if (const auto found = slots.find(v.name); found != slots.end()) out.insert(*found);
  return out;
}

const Template* template_of_trigger(const city::City& city, std::string_view trigger) {
  for (const city::Loaded* loaded : city.all("message")) {
    const auto& t = static_cast<const Template&>(*loaded->definition);
    if (std::find(t.triggers.begin(), t.triggers.end(), trigger) != t.triggers.end()) return &t;
  }
  return nullptr;
}

/// What was said, in one order.
std::string said(const Fired& fired) {
  json::Value slots = json::Value::object(), wards = json::Value::array();
  for (const auto& [name, value] : fired.slots) slots.set(name, value);
  for (const std::string& ward : fired.wards) wards.push(ward);
  return json::to_canonical(json::Value::object({{"trigger", fired.trigger}, {"slots", std::move(slots)}, {"wards", std::move(wards)}, {"drill", fired.drill}}));
}

}  // namespace

Result<std::string> Campaigns::end(std::string_view public_id, const Deed& deed) {
  const auto city = p_.city();
  return p_.store.write([&](store::Tx& tx) -> Result<std::string> {
    MACHIYA_TRY(const Campaign before, required(tx, public_id));
    if (!may_write(deed.who, before.cls, before.department) || before.cls != Class::emergency) return Error(ErrorCode::forbidden, "may not end emergencies of this department");
    if (before.state != CampaignState::released) return Error(ErrorCode::conflict, "it is not released");
    const auto* its = before.draft.from_template.empty() ? nullptr : city->get<Template>("message", before.draft.from_template);
    const auto* t = !its || its->ended_by.empty() ? nullptr : city->get<Template>("message", its->ended_by);
    if (!t) return Error(ErrorCode::not_found, "no template ends this one", "end");
    Campaign made;
    made.public_id = new_public_id(p_.rng), made.cls = Class::emergency, made.state = CampaignState::waiting, made.department = before.department;
    made.draft.wards = before.draft.wards, made.draft.towns = before.draft.towns, made.draft.drill = before.draft.drill, made.draft.follows = before.public_id;
    take_texts(made.draft, *t);
    if (t->channels.empty()) made.draft.channels = before.draft.channels;
    made.draft.slots = asked(before.draft.slots, *t);
    if (made.draft.slots.contains("time")) made.draft.slots["time"] = to_iso_japan(p_.clock.now()).substr(11, 5);   // of the end, not of the beginning
    made.author = deed.who.actor(), made.author_name = deed.who.name, made.created = made.changed = p_.clock.now();
    MACHIYA_TRY(made.id, dao::insert(tx, made));
    MACHIYA_TRY(const bool handed_in, dao::set_state(tx, made.id, CampaignState::waiting, CampaignState::waiting, made.author, made.created));
    if (!handed_in) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    MACHIYA_CHECK(note(tx, made, "create", "", made.author, made.author_name, deed.request));
    MACHIYA_CHECK(note(tx, made, "submit", "", made.author, made.author_name, deed.request));
    return made.public_id;
  });
}

Result<Campaign> Campaigns::fired_draft(const Fired& fired, const Template& t) {
  Campaign out;
  out.public_id = new_public_id(p_.rng), out.cls = Class::emergency;
  take_texts(out.draft, t);
  out.draft.slots = fired.slots, out.draft.wards = fired.wards, out.draft.drill = fired.drill;
  if (!out.draft.slots.contains("time")) out.draft.slots["time"] = to_iso_japan(p_.clock.now()).substr(11, 5);
  for (const auto& [name, value] : fired.slots)
    if (std::none_of(t.variables.begin(), t.variables.end(), [&, &name = name](const Variable& v) { return v.name == name; })) return Error(ErrorCode::invalid_input, "the template has no slot \"" + name + "\"", "slots");
  out.draft.slots = asked(out.draft.slots, t);
  MACHIYA_CHECK(check_choices(out.draft, out.cls));
  out.author = "trigger:" + fired.trigger, out.author_name = fired.trigger;
  out.created = out.changed = p_.clock.now();
  const auto found = findings(out.draft, out.cls);
  if (std::any_of(found.begin(), found.end(), [](const Finding& f) { return f.what == Finding::What::no_value; })) return Error(ErrorCode::invalid_input, "a slot of the template has no value", "slots");
  if (t.alert.response != "AllClear") return out;
  const auto city = p_.city();
  std::vector<std::string> ended;
  for (const city::Loaded* loaded : city->all("message"))
    if (const auto& one = static_cast<const Template&>(*loaded->definition); one.ended_by == t.id) ended.push_back(one.id);
  MACHIYA_TRY(out.draft.follows, p_.store.read([&](store::ReadTx& tx) { return dao::newest_of(tx, ended, fired.drill); }));
  return out;
}

Result<std::string> Campaigns::trigger(const Fired& fired) {
  const auto city = p_.city();
  const Template* t = template_of_trigger(*city, fired.trigger);
  if (!t) return Error(ErrorCode::not_found, "no template names this trigger", "trigger");
  MACHIYA_TRY(Campaign campaign, fired_draft(fired, *t));
  const std::string digest = said(fired);
  MACHIYA_TRY(campaign, p_.store.write([&](store::Tx& tx) -> Result<Campaign> {
    if (!fired.key.empty()) {
      MACHIYA_TRY(const auto known, dao::firing(tx, fired.key));
      if (known && known->digest != digest) return Error(ErrorCode::conflict, "this key came before with other words", "Idempotency-Key");
      if (known) return required(tx, known->message);
    }
    Campaign stored = campaign;
    MACHIYA_TRY(stored.id, dao::insert(tx, stored));
    if (!fired.key.empty()) MACHIYA_CHECK(dao::insert_firing(tx, fired.key, {digest, stored.public_id}, stored.created));
    MACHIYA_CHECK(note(tx, stored, "create", fired.by, stored.author, stored.author_name, fired.request));
    return stored;
  }));
  // Of a firing that came before nothing is left to do, unless this process died between its two transactions.
  if (campaign.state != CampaignState::draft) return campaign.public_id;
  auto placed = put_on_its_way(campaign, campaign.author, campaign.author_name, fired.request);
  if (!placed.ok() && placed.error().code != ErrorCode::conflict) return placed.error();   // conflict: another request with this key was faster
  return campaign.public_id;
}

}  // namespace machiya::tell
