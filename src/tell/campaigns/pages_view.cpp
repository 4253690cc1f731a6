// One message before it goes (previews, what is wrong) and on its way (how far it has come, by channel, as a picture and its table).
#include <algorithm>
#include <map>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "tell/campaigns/web.h"

namespace machiya::tell::detail {
namespace {
using http::Request;
using pages::Data;

std::string channel_name(const city::City& city, const std::string& id, std::string_view lang) {
  const auto* found = city.get<ChannelDefinition>("channel", id);
  return found ? found->name.in(lang) : id;
}

const char* finding_key(Finding::What what) {
  switch (what) {
    case Finding::What::no_language: return "staff_messages.finding.no_language";
    case Finding::What::no_value: return "staff_messages.finding.no_value";
    case Finding::What::too_long: return "staff_messages.finding.too_long";
    case Finding::What::no_title: return "staff_messages.finding.no_title";
  }
  return "";
}

std::string finding_text(const CampaignWeb& web, const Request& request, const Finding& f, const city::City& city, std::string_view lang) {
  const std::string part = f.part.empty() ? text(web, request, "staff_messages.part.all") : text(web, request, "staff_messages.part." + f.part);
  return text(web, request, finding_key(f.what), {{"language", std::string(locale::language_name(f.lang))}, {"part", part}, {"detail", f.detail}, {"channel", f.channel.empty() ? "" : channel_name(city, f.channel, lang)}});
}

Data preview(const ChannelDefinition& channel, const Content& content, std::string_view lang) {
  Data out = Data().set("channel", channel.name.in(lang)).set("lang", std::string(locale::html_lang(content.lang)));
  if (channel.adapter == "sms") {
    out.set("plain", without_own(content.short_text.empty() ? content.title : content.short_text));
    return out;
  }
  out.set("title", without_own(content.title)).set("body", without_own(content.body)).set("link", content.link_text);
  if (channel.adapter == "mail") out.set("leave", content.leave_text).set("sender", content.sender);
  if (content.emergency) out.set("emergency", true);
  return out;
}

}  // namespace

std::string grouped(std::int64_t n) {
  std::string out = std::to_string(n);
  for (std::size_t at = out.size(); at > 3;) out.insert(at -= 3, ",");
  return out;
}

void add_previews(const CampaignWeb& web, const Request& request, const Campaign& campaign, Data& data) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  const auto findings = web.campaigns.findings(campaign.draft, campaign.cls);
  for (const bool blocks : {true, false}) {
    Data items{Data::List{}};
    bool any = false;
    for (const Finding& f : findings)
      if (f.blocks == blocks) items.push(Data().set("text", finding_text(web, request, f, *city, lang))), any = true;
    if (any) data.set(blocks ? "blocks" : "hints", Data().set("items", std::move(items)));
  }
  const Contents contents = web.campaigns.contents(campaign.draft, campaign.cls, campaign.public_id);
  const auto& only = campaign.draft.channels;
  Data languages{Data::List{}};
  for (const std::string_view one : locale::kLanguages) {
    const auto content = contents.find(std::string(one));
    if (content == contents.end()) continue;
    Data cards{Data::List{}};
    for (const ChannelDefinition* channel : channels_of(*city))
      if (only.empty() || std::find(only.begin(), only.end(), channel->id) != only.end()) cards.push(preview(*channel, content->second, lang));
    Data language = Data().set("label", std::string(locale::language_name(one))).set("cards", std::move(cards)).set("id", "preview-" + std::string(one));
    add_plain(web, request, campaign.draft, one, language);
    languages.push(std::move(language));
  }
  data.set("previews", std::move(languages));
  if (campaign.state == CampaignState::draft || campaign.state == CampaignState::waiting)
    if (const auto reach = web.campaigns.reach(campaign.draft, campaign.cls); reach.ok())
      data.set("reach", reach->few ? text(web, request, "staff_messages.reach_few", {{"k", std::to_string(Segment::kAnonymous)}}) : text(web, request, "staff_messages.reach", {{"people", grouped(reach->people)}}));
}

Result<void> add_progress(const CampaignWeb& web, const Request& request, const Campaign& campaign, Data& data) {
  if (campaign.message == 0) return {};
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  std::vector<LaneTally> lanes;
  std::vector<Ledger::Reason> reasons;
  MACHIYA_CHECK(web.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(lanes, web.ledger.progress(tx, campaign.message));
    MACHIYA_TRY(reasons, web.ledger.reasons(tx, campaign.message));
    return {};
  }));
  std::map<int, Tally> channels;
  Tally all;
  for (const LaneTally& lane : lanes)
    for (Tally* sum : {&channels[lane.channel], &all})
      sum->total += lane.tally.total, sum->handed += lane.tally.handed, sum->taken += lane.tally.taken, sum->failed += lane.tally.failed;
  std::vector<pages::StackBar> bars;
  Data rows{Data::List{}}, columns{Data::List{}};
  const auto t = [&](const char* key) { return text(web, request, std::string("staff_messages.") + key); };
  columns.push(Data().set("label", t("channel")));
  for (const char* key : {"total", "taken", "failed", "waiting"}) columns.push(Data().set("label", t(key)).set("number", true));
  const auto row = [&](const std::string& label, const Tally& tally) {
    Data cells{Data::List{Data().set("text", label).set("header", true)}};
    for (const std::int64_t n : {tally.total, tally.taken, tally.failed, tally.total - tally.taken - tally.failed}) cells.push(Data().set("text", grouped(n)).set("number", true));
    rows.push(Data().set("cells", std::move(cells)));
  };
  for (const auto& [number, tally] : channels) {
    MACHIYA_TRY(const std::string id, web.audiences.name("channel", number));
    const std::string label = channel_name(*city, id, lang);
    const std::int64_t open = tally.total - tally.taken - tally.failed;
    bars.push_back({label, grouped(tally.taken) + " / " + grouped(tally.total), "", {{static_cast<double>(tally.taken), grouped(tally.taken), ""}, {static_cast<double>(tally.failed), grouped(tally.failed), ""}, {static_cast<double>(open), grouped(open), ""}}});
    row(label, tally);
  }
  row(t("sum"), all);
  Data progress;
  if (!bars.empty()) progress.set("chart", pages::stack_chart("progress", t("progress"), {t("taken"), t("failed"), t("waiting")}, bars, false));
  progress.set("table", Data().set("id", "progress-table").set("caption", t("progress")).set("columns", std::move(columns)).set("rows", std::move(rows)));
  Data why;
  for (const Ledger::Reason& reason : reasons) {
    MACHIYA_TRY(const std::string id, web.audiences.name("channel", reason.channel));
    why.push(Data().set("channel", channel_name(*city, id, lang)).set("state", text(web, request, "staff_messages.row." + std::string(name_of(reason.state)))).set("reason", reason.reason).set("rows", grouped(reason.rows)));
  }
  if (!reasons.empty()) progress.set("reasons", Data().set("items", std::move(why)));
  data.set("progress", std::move(progress)).set("live", path_of(campaign, "/events"));
  return {};
}

}  // namespace machiya::tell::detail
