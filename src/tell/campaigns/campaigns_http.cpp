// /staff/messages: the list, one message, what is done with it, and how the channels are.
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "tell/campaigns/web.h"

namespace machiya::tell {
namespace detail {
using http::Request;
using http::Response;
using pages::Data;

std::string path_of(const Campaign& campaign, std::string_view rest) { return std::string(kMessagesBase) + "/" + campaign.public_id + std::string(rest); }

std::optional<Ledger::Message> message_of(const CampaignWeb& web, const Campaign& campaign) {
  if (campaign.message == 0) return {};
  auto found = web.store.read([&](store::ReadTx& tx) { return web.ledger.message(tx, campaign.message); });
  return found.ok() ? *found : std::nullopt;
}

Data state_tag(const CampaignWeb& web, const Request& request, const Campaign& campaign, const std::optional<Ledger::Message>& message) {
  const char* state = "draft";
  const char* kind = "new";
  switch (campaign.state) {
    case CampaignState::draft: break;
    case CampaignState::waiting: state = "waiting", kind = "waiting"; break;
    case CampaignState::cancelled: state = "cancelled", kind = "stopped"; break;
    case CampaignState::dropped: state = "dropped", kind = "stopped"; break;
    case CampaignState::released:
      state = "sending", kind = "running";
      if (message && message->state == MessageState::done) state = "sent", kind = "done";
      else if (message && message->start > web.clock.now()) state = "scheduled", kind = "waiting";
  }
  return Data().set("kind", kind).set("label", text(web, request, std::string("staff_messages.state.") + state));
}

namespace {

Deed deed_of(const Request& request) { return {identity::principal_of(request), request.id}; }

bool may_here(const CampaignWeb& web, const Request& request, std::string_view permission) {
  const identity::Principal& who = identity::principal_of(request);
  return web.may(who, permission, who.department);
}

std::string title_of(const Campaign& campaign, std::string_view lang) { return campaign.draft.title.empty() ? campaign.public_id : campaign.draft.title.in(lang); }

/// The states that the list can be cut down to, by their names in addresses.
constexpr std::pair<std::string_view, CampaignState> kStates[] = {{"draft", CampaignState::draft}, {"waiting", CampaignState::waiting}, {"released", CampaignState::released},
                                                                 {"cancelled", CampaignState::cancelled}, {"dropped", CampaignState::dropped}};

Data filters(const CampaignWeb& web, const Request& request, std::string_view chosen) {
  Data out{Data::List{}};
  const auto one = [&](std::string_view name, const std::string& href) {
    Data item = Data().set("href", href).set("label", text(web, request, "staff_messages.filter." + std::string(name.empty() ? "all" : name)));
    if (name == chosen) item.set("current", true);
    out.push(std::move(item));
  };
  one("", std::string(kMessagesBase));
  for (const auto& [name, state] : kStates) one(name, std::string(kMessagesBase) + "?state=" + std::string(name));
  return out;
}

Response list(const CampaignWeb& web, Request& request) {
  Campaigns::Filter filter;
  std::string_view chosen;
  for (const auto& [name, state] : kStates)
    if (request.query("state").value_or("") == name) chosen = name, filter.state = state;
  filter.before = std::atoll(std::string(request.query("before").value_or("0")).c_str());
  const auto all = web.campaigns.list(filter, deed_of(request));
  if (!all.ok()) return http::problem(all.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  Data data = page(web, request, text(web, request, "staff_messages.title"));
  Data rows{Data::List{}};
  for (const Campaign& one : *all) {
    const auto message = message_of(web, one);
    const Topic* topic = topic_of(*city, one.draft.topic);
    Data row = Data().set("href", path_of(one)).set("title", title_of(one, lang)).set("author", one.author_name).set("tag", state_tag(web, request, one, message));
    row.set("topic", one.cls == Class::emergency ? text(web, request, "staff_messages.emergency") : topic ? topic->name.in(lang) : std::string());
    row.set("when", locale::format_time(one.draft.start ? *one.draft.start : one.released ? *one.released : one.changed, lang));
    if (one.draft.drill) row.set("drill", true);
    rows.push(std::move(row));
  }
  if (all->size() == static_cast<std::size_t>(filter.limit)) data.set("older", std::string(kMessagesBase) + "?" + (chosen.empty() ? "" : "state=" + std::string(chosen) + "&") + "before=" + std::to_string(all->back().id));
  Data lines{Data::List{}};
  for (const LineStatus& line : web.sender.status()) {
    const auto* definition = city->get<ChannelDefinition>("channel", line.id);
    Data one = Data().set("name", definition ? definition->name.in(lang) : line.id).set("accepted", std::to_string(line.accepted)).set("failed", std::to_string(line.failed)).set("again", std::to_string(line.again));
    one.set("state", text(web, request, line.down ? "staff_messages.channel_down" : line.owner ? "staff_messages.channel_up" : "staff_messages.channel_elsewhere")).set("error", line.last_error);
    lines.push(std::move(one));
  }
  data.set("rows", std::move(rows)).set("lines", std::move(lines)).set("filters", filters(web, request, chosen)).set("calendar", std::string(kMessagesBase) + "/calendar");
  if (may_here(web, request, kWriteMessages)) data.set("may_write", true);
  if (may_here(web, request, kWriteEmergencies)) data.set("may_emergency", true);
  return render(web, request, "staff-messages/list", std::move(data));
}

Class class_of(const Request& request) { return request.query("class").value_or("") == "emergency" ? Class::emergency : Class::many; }

Response new_form(const CampaignWeb& web, Request& request) {
  const Class cls = class_of(request);
  if (!may_here(web, request, cls == Class::emergency ? kWriteEmergencies : kWriteMessages)) return http::problem(Error(ErrorCode::forbidden), request);
  Draft draft;
  const auto city = web.city();
  if (const auto* t = city->get<Template>("message", std::string(request.query("template").value_or("")))) {
    draft.from_template = t->id, draft.title = t->title, draft.body = t->body, draft.short_text = t->short_text, draft.topic = t->topic, draft.channels = t->channels, draft.first_only = t->first_only;
  }
  if (const auto follows = request.query("follows")) draft.follows = *follows;
  return form(web, request, draft, cls, nullptr, nullptr);
}

Response create(const CampaignWeb& web, Request& request) {
  const Class cls = class_of(request);
  const Draft draft = typed_draft(request);
  const auto made = web.campaigns.create(draft, cls, deed_of(request));
  if (!made.ok() && made.error().code == ErrorCode::invalid_input) return form(web, request, draft, cls, nullptr, &made.error());
  if (!made.ok()) return http::problem(made.error(), request);
  return http::see_other(std::string(kMessagesBase) + "/" + *made);
}

void add_history(const CampaignWeb& web, const Request& request, const Campaign& campaign, Data& data) {
  const auto history = web.campaigns.history(campaign);
  if (!history.ok()) return;
  const std::string lang(locale::staff_language(request.lang));
  Data items{Data::List{}};
  for (const CampaignEvent& event : *history)
    items.push(Data().set("what", text(web, request, "staff_messages.did." + event.what)).set("who", event.actor_name).set("when", locale::format_time(event.at, lang)).set("note", event.note));
  data.set("history", std::move(items));
}

void add_choices(const CampaignWeb& web, const Request& request, const Campaign& campaign, Data& data) {
  const identity::Principal& who = identity::principal_of(request);
  const bool emergency = campaign.cls == Class::emergency;
  const bool writes = web.may(who, emergency ? kWriteEmergencies : kWriteMessages, campaign.department), releases = web.may(who, emergency ? kReleaseEmergencies : kReleaseMessages, campaign.department);
  const bool own = who.actor() == campaign.author || who.actor() == campaign.submitted_by;
  if (campaign.state == CampaignState::draft && writes) data.set("may_edit", path_of(campaign, "/edit"));
  if (campaign.state == CampaignState::draft && writes) data.set("may_submit", true);
  if (campaign.state == CampaignState::waiting && releases && !own) data.set("may_release", true);
  if (campaign.state == CampaignState::waiting && own) data.set("waits_for_other", true);
  if ((writes || releases) && campaign.state <= CampaignState::waiting) data.set("may_drop", true);
  if (campaign.state == CampaignState::released && writes && emergency) data.set("may_follow", std::string(kMessagesBase) + "/new?class=emergency&follows=" + campaign.public_id);
  const auto message = message_of(web, campaign);
  if (campaign.state == CampaignState::released && (writes || releases) && message && message->state < MessageState::done) data.set("may_cancel", true);
}

/// What it updates or ends.
void add_follows(const CampaignWeb& web, const Request& request, const Campaign& campaign, Data& data) {
  if (campaign.draft.follows.empty()) return;
  if (const auto before = web.campaigns.find(campaign.draft.follows, deed_of(request)); before.ok())
    data.set("follows", Data().set("href", path_of(*before)).set("label", title_of(*before, locale::staff_language(request.lang))));
}

/// Given up at an outlet: once more, by who may release.
Result<void> again(const CampaignWeb& web, const Request& request, const std::string& id) {
  MACHIYA_TRY(const Campaign campaign, web.campaigns.find(id, deed_of(request)));
  if (!web.may(identity::principal_of(request), campaign.cls == Class::emergency ? kReleaseEmergencies : kReleaseMessages, campaign.department)) return Error(ErrorCode::forbidden, "may not release messages of this department");
  const std::string where(request.form("outlet").value_or(""));
  const std::size_t slash = where.find('/');
  if (!web.publish_again || slash == std::string::npos) return Error(ErrorCode::invalid_input, "no outlet", "outlet");
  return web.publish_again(id, where.substr(0, slash), where.substr(slash + 1));
}

Response show(const CampaignWeb& web, Request& request, const Error* wrong = nullptr) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  const std::string lang(locale::staff_language(request.lang));
  Data data = page(web, request, title_of(*campaign, lang));
  const auto message = message_of(web, *campaign);
  const auto city = web.city();
  const Topic* topic = topic_of(*city, campaign->draft.topic);
  data.set("action", path_of(*campaign)).set("tag", state_tag(web, request, *campaign, message)).set("public_page", "/messages/" + campaign->public_id);
  data.set("topic", topic ? topic->name.in(lang) : std::string()).set("author", campaign->author_name);
  if (campaign->cls == Class::many && (!campaign->draft.columns.empty() || (campaign->state == CampaignState::draft && web.may(identity::principal_of(request), kWriteMessages, campaign->department))))
    data.set("table_page", path_of(*campaign, "/table"));
  if (campaign->message != 0) data.set("report", path_of(*campaign, "/report"));
  if (campaign->cls == Class::emergency) data.set("emergency", true);
  if (campaign->draft.drill) data.set("drill", true);
  if (campaign->draft.start) data.set("start", locale::format_time(*campaign->draft.start, lang));
  if (const auto* segment = city->get<SegmentDefinition>("segment", campaign->draft.segment)) data.set("segment", segment->name.in(lang));
  if (wrong) data.set("flash", Data().set("kind", "error").set("text", text(web, request, wrong->where == "release" ? "staff_messages.needs_other" : wrong->where == "list" ? "staff_messages.table.needs" : wrong->code == ErrorCode::conflict ? "staff_messages.conflict" : "staff_messages.refused")));
  add_previews(web, request, *campaign, data);
  if (auto added = add_progress(web, request, *campaign, data); !added.ok()) return http::problem(added.error(), request);
  add_choices(web, request, *campaign, data);
  if (web.outlets) web.outlets(request, *campaign, data);
  add_follows(web, request, *campaign, data);
  add_history(web, request, *campaign, data);
  return render(web, request, "staff-messages/message", std::move(data), wrong ? wrong->info().http_status : 200);
}

Response edit(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  return form(web, request, campaign->draft, campaign->cls, &*campaign, nullptr);
}

Response act(const CampaignWeb& web, Request& request) {
  const std::string id(request.param("message")), what(request.form("act").value_or(""));
  const Deed deed = deed_of(request);
  Result<void> done = Error(ErrorCode::invalid_input, "no such action", "act");
  if (what == "save") {
    const Draft draft = typed_draft(request);
    done = web.campaigns.change(id, std::atoi(std::string(request.form("revision").value_or("0")).c_str()), draft, deed);
    if (!done.ok() && (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::conflict))
      if (const auto campaign = web.campaigns.find(id, deed); campaign.ok()) return form(web, request, draft, campaign->cls, &*campaign, &done.error());
  }
  if (what == "submit") done = web.campaigns.submit(id, deed);
  if (what == "send_back") done = web.campaigns.send_back(id, request.form("note").value_or(""), deed);
  if (what == "release") done = web.campaigns.release(id, deed);
  if (what == "cancel") done = web.campaigns.cancel(id, deed);
  if (what == "again") done = again(web, request, id);
  if (what == "end") {
    const auto made = web.campaigns.end(id, deed);
    if (made.ok()) return http::see_other(std::string(kMessagesBase) + "/" + *made);
    done = made.error();
  }
  if (!done.ok()) return show(web, request, &done.error());
  return http::see_other(std::string(kMessagesBase) + "/" + id);
}

Response live(const CampaignWeb& web, Request& request) {
  const auto campaign = web.campaigns.find(request.param("message"), deed_of(request));
  if (!campaign.ok()) return http::problem(campaign.error(), request);
  Response out;
  out.events = web.hub.subscribe({"message/" + campaign->public_id});
  return out;
}

http::RouteOptions route(std::string page_kind, std::string sample = {}) {
  http::RouteOptions out;
  out.permission = "staff:" + std::string(kReadMessages);
  out.page_kind = std::move(page_kind), out.sample = std::move(sample);
  return out;
}

}  // namespace
}  // namespace detail

void add_campaign_routes(http::Router& router, const CampaignWeb& web) {
  using namespace detail;
  const std::string base(kMessagesBase), one = base + "/{message}";
  http::RouteOptions form_route = route("");
  form_route.body_limit = 256 * 1024;
  router.get(base, route("staff-messages").on("none"), [web](Request& r) { return list(web, r); });
  router.post(base, form_route.on("none"), [web](Request& r) { return create(web, r); });
  router.get(base + "/calendar", route("staff-message-calendar").on("none"), [web](Request& r) { return calendar(web, r); });
  router.get(base + "/new", route("staff-message-form").on("none"), [web](Request& r) { return new_form(web, r); });
  router.get(one, route("").on("message"), [web](Request& r) { return show(web, r); });
  router.post(one, form_route.on("message"), [web](Request& r) { return act(web, r); });
  router.get(one + "/edit", route("").on("message"), [web](Request& r) { return edit(web, r); });
  router.get(one + "/report", route("").on("message"), [web](Request& r) { return report(web, r); });
  router.get(one + "/report.csv", route("").on("message"), [web](Request& r) { return report_csv(web, r); });
  router.get(one + "/table", route("").on("message"), [web](Request& r) { return table(web, r); });
  http::RouteOptions table_route = route("");
  table_route.file_limit = kMostListBytes;
  router.post(one + "/table", table_route.on("message"), [web](Request& r) { return table_act(web, r); });
  router.get(one + "/table.csv", route("").on("message"), [web](Request& r) { return table_csv(web, r); });
  router.get(one + "/events", route("").on("message"), [web](Request& r) { return live(web, r); });
}

}  // namespace machiya::tell
