#include "tell/campaigns/campaigns.h"

#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/locale/locale.h"
#include "tell/campaigns/campaigns_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_campaigns();
}

namespace machiya::tell {
namespace dao = campaigns_dao;
namespace {

constexpr std::size_t kMostTitle = 200, kMostBody = 8'000;

/// A text of the catalogue in every language that has it.
city::Text texts_of(const locale::Catalogue& texts, const char* key) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string_view lang : locale::kLanguages)
    if (texts.has(lang, key)) out.emplace_back(lang, texts.text(lang, key));
  return city::Text(std::move(out));
}

/// Where the place was left empty stand the names of the wards, which are known in every language; the city's when none was chosen.
void add_place(const city::City& city, const Draft& draft, const Template& t, Slots& out) {
  constexpr const char* kPlace = "place";
  if (std::none_of(t.variables.begin(), t.variables.end(), [](const Variable& v) { return v.name == kPlace; })) return;
  if (const auto typed = out.find(kPlace); typed != out.end() && !typed->second.empty()) return;
  std::vector<std::pair<std::string, std::string>> names;
  for (const std::string_view lang : locale::kLanguages) {
    std::string all;
    for (const std::string& id : draft.wards)
      if (const city::Ward* ward = city.ward(id)) all += (all.empty() ? "" : lang == "ja" || lang == "ja-easy" || lang == "zh-Hans" ? "、" : ", ") + ward->name.in(lang);
    names.emplace_back(lang, all.empty() ? city.name().in(lang) : all);
  }
  out[kPlace] = city::Text(std::move(names));
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

TownOf town_in(const city::City& city, std::string_view line) {
  constexpr std::string_view kWideBlank = "\u3000";
  const std::size_t wide = line.find(kWideBlank), narrow = line.find(' ');
  const std::size_t at = std::min(wide, narrow);
  if (at == std::string_view::npos) return {};
  const std::string_view ward = line.substr(0, at);
  const std::string town(trim(line.substr(at + (at == wide ? kWideBlank.size() : 1))));
  for (const city::Ward& one : city.wards())
    if (one.id == ward || one.name.in("ja") == ward) return {&one, town};
  return {};
}

std::vector<store::Migration> Campaigns::migrations() { return sql_migrations_campaigns(); }

bool Campaigns::may_write(const identity::Principal& who, Class cls, std::string_view department) const {
  return p_.may(who, cls == Class::emergency ? kWriteEmergencies : kWriteMessages, department);
}
bool Campaigns::may_release(const identity::Principal& who, Class cls, std::string_view department) const {
  return p_.may(who, cls == Class::emergency ? kReleaseEmergencies : kReleaseMessages, department);
}

Result<Campaign> Campaigns::required(store::ReadTx& tx, std::string_view public_id) {
  MACHIYA_TRY(auto found, dao::find(tx, public_id));
  if (!found) return Error(ErrorCode::not_found, "no such message");
  return std::move(*found);
}

Result<void> Campaigns::note(store::Tx& tx, const Campaign& campaign, std::string_view what, std::string_view text, const std::string& actor, const std::string& actor_name,
                             std::string_view request) {
  MACHIYA_CHECK(dao::insert_event(tx, campaign.id, {std::string(what), std::string(text), actor_name, p_.clock.now()}, actor));
  return p_.audit.append(tx, {actor, "message." + std::string(what), "message:" + campaign.public_id, "", std::string(request),
                              json::Value::object({{"emergency", campaign.cls == Class::emergency}, {"drill", campaign.draft.drill}})});
}

Result<void> Campaigns::check_choices(const Draft& draft, Class cls) const {
  const auto city = p_.city();
  const auto wrong = [](const char* where, const char* why) { return Error(ErrorCode::invalid_input, why, where); };
  if (draft.start && *draft.start == kNoTime) return wrong("start", "no time");
  if (!draft.topic.empty() && !topic_of(*city, draft.topic)) return wrong("topic", "there is no such topic");
  if (cls == Class::many && draft.topic.empty()) return wrong("topic", "a message to many belongs to a topic");
  if (!draft.segment.empty() && !city->find("segment", draft.segment)) return wrong("segment", "there is no such segment");
  if (!draft.from_template.empty() && !city->find("message", draft.from_template)) return wrong("template", "there is no such template");
  for (const std::string& id : draft.channels)
    if (!city->find("channel", id)) return wrong("channels", "there is no such channel");
  for (const std::string& id : draft.wards)
    if (!city->ward(id)) return wrong("wards", "there is no such ward");
  for (const std::string& line : draft.towns) {
    const TownOf one = town_in(*city, line);
    const auto known = one.ward ? towns_of(one.ward->code) : std::vector<std::string>();
    if (std::find(known.begin(), known.end(), one.town) == known.end()) return wrong("towns", "there is no such town");
    if (std::find(draft.wards.begin(), draft.wards.end(), one.ward->id) == draft.wards.end()) return wrong("towns", "the town's ward is not chosen");
  }
  for (const auto& [text, most] : {std::pair{&draft.title, kMostTitle}, std::pair{&draft.body, kMostBody}, std::pair{&draft.short_text, kMostTitle}})
    for (const auto& [lang, words] : text->all())
      if (words.size() > most * 4) return wrong(text == &draft.body ? "body" : "title", "too long");
  return {};
}

Result<std::string> Campaigns::create(const Draft& draft, Class cls, const Deed& deed) {
  if (!may_write(deed.who, cls, deed.who.department)) return Error(ErrorCode::forbidden, "may not write messages");
  MACHIYA_CHECK(check_choices(draft, cls));
  Campaign campaign;
  campaign.public_id = new_public_id(p_.rng), campaign.cls = cls, campaign.department = deed.who.department, campaign.draft = draft;
  campaign.draft.columns.clear();
  campaign.author = deed.who.actor(), campaign.author_name = deed.who.name;
  campaign.created = campaign.changed = p_.clock.now();
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    Campaign stored = campaign;
    MACHIYA_TRY(stored.id, dao::insert(tx, stored));
    return note(tx, stored, "create", "", stored.author, stored.author_name, deed.request);
  }));
  return campaign.public_id;
}

Result<void> Campaigns::change(std::string_view public_id, int revision, const Draft& draft, const Deed& deed) {
  return p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(Campaign campaign, required(tx, public_id));
    if (!may_write(deed.who, campaign.cls, campaign.department)) return Error(ErrorCode::forbidden, "may not write messages of this department");
    MACHIYA_CHECK(check_choices(draft, campaign.cls));
    auto columns = std::move(campaign.draft.columns);   // of the attached table: no form changes them
    if (!columns.empty() && !(draft.segment.empty() && draft.follows.empty())) return Error(ErrorCode::invalid_input, "an attached table names its people by itself", "segment");
    campaign.draft = draft, campaign.draft.columns = std::move(columns), campaign.author = deed.who.actor(), campaign.author_name = deed.who.name, campaign.changed = p_.clock.now();
    MACHIYA_TRY(const bool changed, dao::update_draft(tx, campaign, revision));
    if (!changed) return Error(ErrorCode::conflict, "somebody changed it meanwhile, or it is no draft any more");
    return note(tx, campaign, "change", "", campaign.author, campaign.author_name, deed.request);
  });
}

Result<void> Campaigns::submit(std::string_view public_id, const Deed& deed) {
  MACHIYA_TRY(const int judged, judged_revision(public_id));
  return p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Campaign campaign, required(tx, public_id));
    if (!may_write(deed.who, campaign.cls, campaign.department)) return Error(ErrorCode::forbidden, "may not write messages of this department");
    const auto found = findings(campaign.draft, campaign.cls);
    if (std::any_of(found.begin(), found.end(), [](const Finding& f) { return f.blocks; })) return Error(ErrorCode::invalid_input, "something is missing or too long", "body");
    if (!campaign.draft.columns.empty() && campaign.revision != judged) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    MACHIYA_TRY(const bool done, dao::set_state(tx, campaign.id, CampaignState::draft, CampaignState::waiting, deed.who.actor(), p_.clock.now()));
    if (!done) return Error(ErrorCode::conflict, "it is no draft any more");
    return note(tx, campaign, "submit", "", deed.who.actor(), deed.who.name, deed.request);
  });
}

Result<void> Campaigns::send_back(std::string_view public_id, std::string_view text, const Deed& deed) {
  return p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Campaign campaign, required(tx, public_id));
    if (!may_release(deed.who, campaign.cls, campaign.department)) return Error(ErrorCode::forbidden, "may not release messages of this department");
    MACHIYA_TRY(const bool done, dao::set_state(tx, campaign.id, CampaignState::waiting, CampaignState::draft, "", p_.clock.now()));
    if (!done) return Error(ErrorCode::conflict, "it does not wait for a release any more");
    return note(tx, campaign, "send_back", text, deed.who.actor(), deed.who.name, deed.request);
  });
}

Result<void> Campaigns::release(std::string_view public_id, const Deed& deed) {
  MACHIYA_TRY(const Campaign campaign, p_.store.read([&](store::ReadTx& tx) { return required(tx, public_id); }));
  if (!may_release(deed.who, campaign.cls, campaign.department)) return Error(ErrorCode::forbidden, "may not release messages of this department");
  const std::string actor = deed.who.actor();
  // 四眼: what one person wrote or handed in, another releases.
  if (actor == campaign.author || actor == campaign.submitted_by) return Error(ErrorCode::forbidden, "a second person releases it", "release");
  if (campaign.state != CampaignState::waiting) return Error(ErrorCode::conflict, "it does not wait for a release");
  return put_on_its_way(campaign, actor, deed.who.name, deed.request);
}

Result<std::int64_t> Campaigns::channel_bits(const Draft& draft) const {
  if (draft.channels.empty()) return p_.channels();
  std::int64_t bits = 0;
  for (const std::string& id : draft.channels) {
    MACHIYA_TRY(const int number, p_.audiences.number("channel", id));
    bits |= std::int64_t{1} << number;
  }
  return bits & p_.channels();
}

Result<std::shared_ptr<const Segment>> Campaigns::segment_of(const Draft& draft) const {
  if (draft.segment.empty() && draft.wards.empty()) return std::shared_ptr<const Segment>();
  const auto city = p_.city();
  std::string where;
  if (!draft.segment.empty()) {
    const auto* definition = city->get<SegmentDefinition>("segment", draft.segment);
    if (!definition || !definition->segment) return Error(ErrorCode::invalid_input, "there is no such segment", "segment");
    where = "(" + definition->segment->source() + ")";
  }
  // Who did not say where they live hears an emergency too: silence must not keep a warning away.
  std::string wards = "ward = null";
  for (const std::string& ward : draft.wards) {
    std::string towns;
    for (const std::string& line : draft.towns)
      if (const TownOf one = town_in(*city, line); one.ward && one.ward->id == ward) towns += (towns.empty() ? "" : ", ") + quoted(one.town);
    wards += " or " + (towns.empty() ? "ward = " + quoted(ward) : "(ward = " + quoted(ward) + " and (town = null or town in (" + towns + ")))");
  }
  if (!draft.wards.empty()) where += (where.empty() ? "(" : " and (") + wards + ")";
  MACHIYA_TRY(Segment compiled, Segment::compile(where));
  return std::make_shared<const Segment>(std::move(compiled));
}

Result<Order> Campaigns::order_of(const Campaign& campaign, const Draft& draft) {
  Order out;
  out.public_id = campaign.public_id, out.cls = campaign.cls, out.drill = draft.drill, out.first_only = draft.first_only;
  MACHIYA_TRY(out.channels, channel_bits(draft));
  const auto city = p_.city();
  if (campaign.cls != Class::emergency && !draft.topic.empty()) {
    const Topic* topic = topic_of(*city, draft.topic);
    if (!topic) return Error(ErrorCode::invalid_input, "there is no such topic", "topic");
    MACHIYA_TRY(const int bit, p_.audiences.number("topic", draft.topic));
    out.topics = std::int64_t{1} << bit;
    out.quiet = topic->quiet;
  }
  const Contents said = contents(draft, campaign.cls, campaign.public_id);
  out.contents = to_json(said);
  out.own = std::any_of(said.begin(), said.end(), [](const auto& one) { return has_own(one.second); });
  out.start = draft.start ? std::max(*draft.start, p_.clock.now()) : p_.clock.now();
  return out;
}

Result<void> Campaigns::put_on_its_way(const Campaign& campaign, const std::string& actor, const std::string& actor_name, std::string_view request) {
  MACHIYA_TRY(Order order, order_of(campaign, campaign.draft));
  MACHIYA_TRY(const auto segment, segment_of(campaign.draft));
  std::vector<std::int64_t> profiles;
  if (segment) {
    MACHIYA_TRY(profiles, p_.store.read([&](store::ReadTx& tx) { return segment->profiles(tx, p_.clock.now()); }));
    order.segmented = true;
    if (profiles.size() <= Ledger::kInOneGo) order.profiles = profiles;
  }
  std::vector<std::int64_t> listed;
  if (!campaign.draft.columns.empty()) {
    MACHIYA_TRY(listed, list_recipients(campaign.id));
    if (listed.empty()) return Error(ErrorCode::invalid_input, "nobody is left in the table", "list");
    order.listed = true;
    if (listed.size() <= Ledger::kInOneGo) order.recipients = listed;
  }
  std::function<Result<void>(store::Tx&)> publish;
  if (p_.publish && campaign.draft.columns.empty()) {
    Campaign as_released = campaign;
    as_released.released = p_.clock.now();
    MACHIYA_TRY(publish, p_.publish(as_released));
  }
  MACHIYA_TRY(const std::int64_t message, p_.store.write([&](store::Tx& tx) -> Result<std::int64_t> {
    if (!campaign.draft.follows.empty()) {
      MACHIYA_TRY(const auto before, p_.ledger.message(tx, campaign.draft.follows));
      if (before) order.follows = before->id;
    }
    MACHIYA_TRY(const std::int64_t id, p_.ledger.place(tx, order));
    MACHIYA_TRY(const bool released, dao::set_released(tx, campaign.id, campaign.state, id, actor, p_.clock.now()));
    if (!released) return Error(ErrorCode::conflict, "somebody else changed or released it meanwhile");
    if (publish) MACHIYA_CHECK(publish(tx));
    MACHIYA_CHECK(note(tx, campaign, "release", "", actor, actor_name, request));
    return id;
  }));
  if (segment && (order.profiles.size() != profiles.size() || profiles.empty())) {
    for (std::size_t from = 0; from < profiles.size(); from += Ledger::kInOneGo) {
      const std::vector<std::int64_t> some(profiles.begin() + static_cast<std::ptrdiff_t>(from), profiles.begin() + static_cast<std::ptrdiff_t>(std::min(profiles.size(), from + Ledger::kInOneGo)));
      MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) { return p_.ledger.add_profiles(tx, message, some); }));
    }
    MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) { return p_.ledger.release(tx, message); }));
  }
  if (order.recipients.size() != listed.size()) MACHIYA_CHECK(add_listed(message, listed));
  p_.wake();
  return {};
}

Result<void> Campaigns::cancel(std::string_view public_id, const Deed& deed) {
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const Campaign campaign, required(tx, public_id));
    if (!may_write(deed.who, campaign.cls, campaign.department) && !may_release(deed.who, campaign.cls, campaign.department)) return Error(ErrorCode::forbidden, "may not cancel messages of this department");
    const bool on_its_way = campaign.state == CampaignState::released;
    if (on_its_way) MACHIYA_CHECK(p_.ledger.cancel(tx, campaign.message));
    if (on_its_way && p_.withdraw) MACHIYA_CHECK(p_.withdraw(tx, campaign.public_id));
    MACHIYA_TRY(const bool done, dao::set_state(tx, campaign.id, campaign.state, on_its_way ? CampaignState::cancelled : CampaignState::dropped, campaign.submitted_by, p_.clock.now()));
    if (!done || campaign.state > CampaignState::released) return Error(ErrorCode::conflict, "it was cancelled before");
    return note(tx, campaign, "cancel", "", deed.who.actor(), deed.who.name, deed.request);
  }));
  p_.wake();
  return {};
}

Result<Campaign> Campaigns::find(std::string_view public_id, const Deed& deed) {
  MACHIYA_TRY(Campaign campaign, p_.store.read([&](store::ReadTx& tx) { return required(tx, public_id); }));
  if (!p_.may(deed.who, kReadMessages, campaign.department)) return Error(ErrorCode::forbidden, "may not read messages of this department");
  return campaign;
}

Result<std::vector<Campaign>> Campaigns::list(const Filter& filter, const Deed& deed) {
  MACHIYA_TRY(auto all, p_.store.read([&](store::ReadTx& tx) { return dao::list(tx, filter); }));
  std::erase_if(all, [&](const Campaign& c) { return !p_.may(deed.who, kReadMessages, c.department); });
  return all;
}

Result<std::vector<CampaignEvent>> Campaigns::history(const Campaign& campaign) {
  return p_.store.read([&](store::ReadTx& tx) { return dao::events(tx, campaign.id); });
}

namespace {
bool is_public(const Campaign& c, Instant now) { return c.released && !c.draft.drill && c.state == CampaignState::released && c.draft.columns.empty() && (!c.draft.start || *c.draft.start <= now); }
}  // namespace

Result<std::vector<Campaign>> Campaigns::published(int limit, std::string_view topic) {
  MACHIYA_TRY(auto all, p_.store.read([&](store::ReadTx& tx) { return dao::published(tx, limit * 4); }));
  std::erase_if(all, [&](const Campaign& c) { return !is_public(c, p_.clock.now()) || (!topic.empty() && c.draft.topic != topic); });
  if (all.size() > static_cast<std::size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

Result<std::optional<Campaign>> Campaigns::published_one(std::string_view public_id) {
  MACHIYA_TRY(auto found, p_.store.read([&](store::ReadTx& tx) { return dao::find(tx, public_id); }));
  if (found && !is_public(*found, p_.clock.now())) found.reset();
  return found;
}

Result<std::vector<Campaign>> Campaigns::released(Class cls, Instant since, int limit) {
  return p_.store.read([&](store::ReadTx& tx) { return dao::released(tx, cls, since, limit); });
}

Result<std::string> Campaigns::public_id_of(std::int64_t message) {
  return p_.store.read([&](store::ReadTx& tx) { return dao::public_id_of(tx, message); });
}

const Template* Campaigns::template_of(const city::City& city, const Draft& draft) const { return draft.from_template.empty() ? nullptr : city.get<Template>("message", draft.from_template); }

Slots Campaigns::slots_of(const Draft& draft) const {
  Slots out;
  const auto city = p_.city();
  out["city"] = city->name();
  const auto* t = template_of(*city, draft);
  for (const auto& [name, value] : draft.slots) {
    out[name] = value.empty() ? city::Text() : city::Text(json::Value(value));
    if (!t) continue;
    const auto variable = std::find_if(t->variables.begin(), t->variables.end(), [&, &name = name](const Variable& v) { return v.name == name; });
    if (variable == t->variables.end()) continue;
    for (const city::Text& choice : variable->choices)
      if (choice.in("ja") == value) out[name] = choice;   // a choice is known in every language
  }
  if (t && t->use == Use::emergency) add_place(*city, draft, *t, out);
  for (const std::string& name : draft.columns) out[name] = city::Text(json::Value(std::string(kOwnValue) + name + "}"));
  return out;
}

std::vector<Finding> Campaigns::findings(const Draft& draft, Class cls) const {
  const auto city = p_.city();
  std::vector<const ChannelDefinition*> channels = channels_of(*city);
  if (!draft.channels.empty())
    std::erase_if(channels, [&](const ChannelDefinition* c) { return std::find(draft.channels.begin(), draft.channels.end(), c->id) == draft.channels.end(); });
  Slots slots = slots_of(draft);
  // Judged one by one by the dry run; here only what would be too long for everybody.
  for (const std::string& name : draft.columns) slots[name] = city::Text(json::Value("-"));
  std::vector<Finding> out = check({draft.title, draft.body, draft.short_text}, slots, channels);
  if (cls == Class::emergency)
    for (Finding& f : out) f.blocks = f.blocks && f.what != Finding::What::too_long;
  return out;
}

Contents Campaigns::contents(const Draft& draft, Class cls, const std::string& public_id) const {
  const auto city = p_.city();
  tell::Frame frame;
  frame.sender = city->name();
  if (draft.columns.empty()) frame.link = p_.base_url + "/messages/" + public_id;   // nobody else reads what is one person's own
  frame.link_text = texts_of(p_.texts, "messages.open"), frame.leave_text = texts_of(p_.texts, "messages.why");
  frame.emergency = cls == Class::emergency;
  return render({draft.title, draft.body, draft.short_text}, slots_of(draft), frame);
}

Result<Segment::Preview> Campaigns::reach(const Draft& draft, Class cls) {
  MACHIYA_TRY(const std::int64_t channels, channel_bits(draft));
  std::int64_t topics = 0;
  if (cls != Class::emergency && !draft.topic.empty()) {
    MACHIYA_TRY(const int bit, p_.audiences.number("topic", draft.topic));
    topics = std::int64_t{1} << bit;
  }
  MACHIYA_TRY(auto segment, segment_of(draft));
  if (!segment) {
    MACHIYA_TRY(Segment everybody, Segment::compile("true"));
    segment = std::make_shared<const Segment>(std::move(everybody));
  }
  return p_.store.read([&](store::ReadTx& tx) { return segment->preview(tx, channels, topics, p_.clock.now()); });
}

}  // namespace machiya::tell
