// Writing a message: texts in up to six languages, topic, segment, channels, time.

#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "tell/campaigns/web.h"

namespace machiya::tell::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

city::Text typed_text(const Request& r, const std::string& part) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string_view lang : locale::kLanguages)
    if (std::string words = field(r, part + "." + std::string(lang)); !words.empty()) {
      std::erase(words, '\r');   // browsers send CRLF
      out.emplace_back(lang, std::move(words));
    }
  return city::Text(std::move(out));
}


std::string local_time(Instant t) {
  std::string out = to_iso_japan(t).substr(0, 16);
  out[10] = ' ';
  return out;
}

Data language_fields(const CampaignWeb& web, const Request& request, const Draft& draft) {
  Data out{Data::List{}};
  for (const std::string_view lang : locale::kLanguages) {
    const std::string id(lang);
    const auto own = [&](const city::Text& text) { return text.has(lang) ? text.in(lang) : std::string(); };
    Data one;
    one.set("lang", id).set("html_lang", std::string(locale::html_lang(lang))).set("label", std::string(locale::language_name(lang)));
    one.set("title", own(draft.title)).set("body", own(draft.body)).set("short", own(draft.short_text));
    if (lang == "ja") one.set("required", true);
    if (lang == "ja" || draft.title.has(lang) || draft.body.has(lang)) one.set("open", true);
    if (lang == "ja-easy") one.set("hint", text(web, request, "staff_messages.easy_hint"));
    out.push(std::move(one));
  }
  return out;
}

Data slot_fields(const Template& t, const Draft& draft, std::string_view lang) {
  Data out{Data::List{}};
  for (const Variable& v : t.variables) {
    const auto typed = draft.slots.find(v.name);
    const std::string value = typed == draft.slots.end() ? std::string() : typed->second;
    Data one = Data().set("name", v.name).set("label", v.label.in(lang)).set("value", value);
    if (v.max > 0) one.set("max", v.max);
    if (!v.choices.empty()) {
      Data options{Data::List{}};
      for (const city::Text& c : v.choices) options.push(choice(c.in("ja"), c.in(lang), c.in("ja") == value));
      one.set("options", std::move(options));
    }
    out.push(std::move(one));
  }
  return out;
}

}  // namespace

Draft typed_draft(const Request& request) {
  Draft out;
  out.title = typed_text(request, "title"), out.body = typed_text(request, "body"), out.short_text = typed_text(request, "short");
  out.from_template = field(request, "template"), out.topic = field(request, "topic"), out.segment = field(request, "segment"), out.follows = field(request, "follows");
  out.channels = all_of(request, "channel"), out.wards = all_of(request, "ward");
  const std::string towns = field(request, "towns");   // held: what split() gives points into it
  for (const std::string_view line : split(towns, '\n'))
    if (const std::string_view one = trim(line); !one.empty()) out.towns.emplace_back(one);
  out.first_only = field(request, "spread") == "first", out.drill = !field(request, "drill").empty();
  for (const auto& [key, value] : request.form_pairs)
    if (key.rfind("slot.", 0) == 0) out.slots[key.substr(5)] = std::string(trim(value));
  if (std::string start = field(request, "start"); !start.empty()) {
    if (start.size() > 10 && start[10] == ' ') start[10] = 'T';
    out.start = parse_rfc3339(start + ":00+09:00").value_or(kNoTime);
  }
  return out;
}

Response form(const CampaignWeb& web, const Request& request, const Draft& draft, Class cls, const Campaign* campaign, const Error* wrong) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  const bool emergency = cls == Class::emergency;
  Data data = page(web, request, text(web, request, campaign ? "staff_messages.edit" : emergency ? "staff_messages.new_emergency" : "staff_messages.new"));
  data.set("action", campaign ? path_of(*campaign) : std::string(kMessagesBase) + (emergency ? "?class=emergency" : ""));
  if (campaign) data.set("revision", campaign->revision).set("back", path_of(*campaign));
  if (emergency) data.set("emergency", true);
  data.set("languages", language_fields(web, request, draft)).set("template", draft.from_template).set("follows", draft.follows);
  Data topics{Data::List{}}, segments{Data::List{}}, channels{Data::List{}}, wards{Data::List{}}, templates{Data::List{}};
  bool any_template = false;
  topics.push(choice("", text(web, request, "staff_messages.choose_topic"), draft.topic.empty()));
  for (const Topic* topic : topics_of(*city)) topics.push(choice(topic->id, topic->name.in(lang), topic->id == draft.topic));
  segments.push(choice("", text(web, request, "staff_messages.everybody"), draft.segment.empty()));
  for (const city::Loaded* one : city->all("segment"))
    segments.push(choice(one->source.id, static_cast<const SegmentDefinition&>(*one->definition).name.in(lang), one->source.id == draft.segment));
  for (const ChannelDefinition* channel : channels_of(*city)) {
    Data one = choice(channel->id, channel->name.in(lang), holds(draft.channels, channel->id));
    if (!holds(web.channels, channel->id)) one.set("absent", true);
    channels.push(std::move(one));
  }
  for (const city::Ward& ward : city->wards()) wards.push(choice(ward.id, ward.name.in(lang), holds(draft.wards, ward.id)));
  for (const city::Loaded* one : city->all("message")) {
    const auto& t = static_cast<const Template&>(*one->definition);
    if (t.use != (emergency ? Use::emergency : Use::campaign)) continue;
    any_template = true;
    templates.push(Data().set("href", std::string(kMessagesBase) + "/new?" + (emergency ? "class=emergency&" : "") + "template=" + t.id).set("label", t.name.in(lang)));
  }
  data.set("topics", std::move(topics)).set("segments", std::move(segments)).set("channels", std::move(channels)).set("wards", std::move(wards));
  if (!campaign && any_template) data.set("templates", Data().set("items", std::move(templates)));
  if (const auto* t = draft.from_template.empty() ? nullptr : city->get<Template>("message", draft.from_template); t && !t->variables.empty())
    data.set("slots", Data().set("items", slot_fields(*t, draft, lang)));
  std::string towns;
  for (const std::string& one : draft.towns) towns += one + "\n";
  data.set("towns", towns);
  if (draft.first_only) data.set("first_only", true);
  if (draft.drill) data.set("drill", true);
  if (const auto typed = request.form("start")) data.set("start", std::string(*typed));
  else if (draft.start) data.set("start", local_time(*draft.start));
  if (wrong) {
    const std::string where = wrong->where.empty() ? "title" : wrong->where;
    const std::string key = "staff_messages.wrong." + where;
    data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + (where == "title" || where == "body" ? where + "-ja" : where)).set("text", web.texts.has("ja", key) ? text(web, request, key) : wrong->info().ja.data())})));
    data.set("wrong_" + where, true);
  }
  return render(web, request, "staff-messages/form", std::move(data), wrong ? 422 : 200);
}

}  // namespace machiya::tell::detail
