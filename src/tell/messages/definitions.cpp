#include "tell/messages/definitions.h"

#include <algorithm>

#include "tell/messages/rendering.h"

namespace machiya::tell {
namespace {

std::vector<std::string> texts_of(const json::Value& list) {
  std::vector<std::string> out;
  for (const json::Value& item : list.items()) out.push_back(item.as_string());
  return out;
}

/// "21:30" → 1290; the schema has seen to the form.
int minutes_of(const std::string& text) {
  return text.size() == 5 ? ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0' : -1;
}

std::shared_ptr<const city::Definition> compile_topics(const json::Value& body, const city::Source&, Diagnostics& faults) {
  auto out = std::make_shared<Topics>();
  out->name = city::Text(body["name"]);
  for (std::size_t i = 0; i < body["list"].size(); ++i) {
    const json::Value& one = body["list"][i];
    Topic topic{one.text("topic"), city::Text(one["name"]), city::Text(one["about"]), one["sensitive"].as_bool(), {}};
    if (one.has("quiet")) topic.quiet = {minutes_of(one["quiet"].text("from")), minutes_of(one["quiet"].text("to"))};
    if (std::any_of(out->list.begin(), out->list.end(), [&](const Topic& t) { return t.id == topic.id; }))
      faults.error("/list/" + std::to_string(i) + "/topic", "「" + topic.id + "」は二度書かれています", "\"" + topic.id + "\" stands here twice");
    out->list.push_back(std::move(topic));
  }
  return out;
}

std::shared_ptr<const city::Definition> compile_segment(const json::Value& body, const city::Source&, Diagnostics& faults) {
  auto out = std::make_shared<SegmentDefinition>();
  out->name = city::Text(body["name"]);
  auto segment = Segment::compile(body.text("who"));
  if (segment.ok()) out->segment = std::make_shared<const Segment>(std::move(*segment));
  else faults.error("/who", "条件を読めません: " + segment.error().detail, "the condition cannot be read: " + segment.error().detail);
  return out;
}

std::shared_ptr<const city::Definition> compile_channel(const json::Value& body, const city::Source& source, Diagnostics&) {
  auto out = std::make_shared<ChannelDefinition>();
  out->id = source.id, out->adapter = body.text("adapter"), out->name = city::Text(body["name"]);
  if (body.has("rate")) out->per_second = static_cast<double>(body["rate"]["requests"].as_int()) / static_cast<double>(body["rate"]["seconds"].as_int(1));
  out->workers = static_cast<int>(body["workers"].as_int(4)), out->attempts = static_cast<int>(body["attempts"].as_int(10));
  const json::Value& limits = body["limits"];
  out->most_title = static_cast<int>(limits["title"].as_int()), out->most_body = static_cast<int>(limits["body"].as_int()), out->most_short = static_cast<int>(limits["short"].as_int());
  return out;
}

void check_slots(const Template& t, Diagnostics& faults) {
  const std::pair<const char*, const city::Text*> texts[] = {{"/title", &t.title}, {"/body", &t.body}, {"/short", &t.short_text}};
  for (const auto& [where, text] : texts)
    for (const auto& [lang, words] : text->all())
      for (const std::string& slot : slots_of(words)) {
        const bool known = slot == "city" || std::any_of(t.variables.begin(), t.variables.end(), [&](const Variable& v) { return v.name == slot; });
        if (!known) faults.error(where, "「{" + slot + "}」は variables にありません(" + lang + ")", "\"{" + slot + "}\" is not among the variables (" + lang + ")");
      }
}

Use use_of(const std::string& word) { return word == "case" ? Use::on_case : word == "emergency" ? Use::emergency : Use::campaign; }

std::shared_ptr<const city::Definition> compile_message(const json::Value& body, const city::Source& source, Diagnostics& faults) {
  auto out = std::make_shared<Template>();
  out->id = source.id, out->version = source.version, out->name = city::Text(body["name"]);
  out->title = city::Text(body["title"]), out->body = city::Text(body["body"]), out->short_text = city::Text(body["short"]);
  out->use = use_of(body.text("use"));
  out->on = body.text("on"), out->topic = body.text("topic"), out->ended_by = body.text("ended-by");
  out->states = texts_of(body["states"]), out->procedures = texts_of(body["procedures"]);
  out->channels = texts_of(body["channels"]), out->triggers = texts_of(body["triggers"]);
  out->first_only = body["first-only"].as_bool();
  for (const json::Value& one : body["variables"].items()) {
    Variable variable{one.text("name"), city::Text(one["label"]), static_cast<int>(one["max"].as_int()), {}};
    for (const json::Value& choice : one["choices"].items()) variable.choices.emplace_back(choice);
    out->variables.push_back(std::move(variable));
  }
  const json::Value& alert = body["alert"];
  out->alert = {alert.text("event"), alert.text("category"), alert.text("response"), alert.text("urgency"), alert.text("severity"), alert.text("certainty"), static_cast<int>(alert["level"].as_int())};
  check_slots(*out, faults);
  if ((out->use == Use::on_case) != !out->on.empty()) faults.error("/on", "use: case の定義には on(きっかけ)が要り、ほかには書けません", "\"on\" belongs to \"use: case\", and must stand there");
  if ((out->use == Use::emergency) != body.has("alert")) faults.error("/alert", "use: emergency の定義には alert が要り、ほかには書けません", "\"alert\" belongs to \"use: emergency\", and must stand there");
  if (!out->ended_by.empty() && out->use != Use::emergency) faults.error("/ended-by", "ended-by は緊急の定義だけに書けます", "only emergencies are ended");
  if (!out->triggers.empty() && out->use != Use::emergency) faults.error("/triggers", "triggers は緊急の定義だけに書けます", "only emergencies have triggers");
  return out;
}

void link_message(const city::City& city, const city::Source&, const city::Definition& definition, Diagnostics& faults) {
  const auto& t = static_cast<const Template&>(definition);
  for (std::size_t i = 0; i < t.channels.size(); ++i)
    if (!city.find("channel", t.channels[i])) faults.error("/channels/" + std::to_string(i), "「" + t.channels[i] + "」という手段はありません", "there is no channel \"" + t.channels[i] + "\"");
  for (std::size_t i = 0; i < t.procedures.size(); ++i)
    if (!city.find("procedure", t.procedures[i])) faults.error("/procedures/" + std::to_string(i), "「" + t.procedures[i] + "」という手続きはありません", "there is no procedure \"" + t.procedures[i] + "\"");
  if (const auto* end = t.ended_by.empty() ? nullptr : city.get<Template>("message", t.ended_by); !t.ended_by.empty()) {
    if (!end) faults.error("/ended-by", "「" + t.ended_by + "」という定義はありません", "there is no message \"" + t.ended_by + "\"");
    else if (end->alert.response != "AllClear") faults.error("/ended-by", "「" + t.ended_by + "」は解除(response: AllClear)ではありません", "\"" + t.ended_by + "\" is no all-clear (response: AllClear)");
  }
  if (!t.topic.empty() && !topic_of(city, t.topic)) faults.error("/topic", "「" + t.topic + "」という分野はありません", "there is no topic \"" + t.topic + "\"");
}

city::Kind kind_of(const char* name, const char* folder) {
  city::Kind kind;
  kind.name = name, kind.folder = folder;
  return kind;
}

}  // namespace

city::Kind topics_kind() {
  city::Kind kind = kind_of("topics", "audiences");
  kind.compile = compile_topics;
  return kind;
}
city::Kind segment_kind() {
  city::Kind kind = kind_of("segment", "audiences");
  kind.compile = compile_segment;
  return kind;
}
city::Kind channel_kind() {
  city::Kind kind = kind_of("channel", "channels");
  kind.compile = compile_channel;
  return kind;
}
city::Kind message_kind() {
  city::Kind kind = kind_of("message", "messages");
  kind.compile = compile_message, kind.link = link_message;
  return kind;
}

std::vector<const Topic*> topics_of(const city::City& city) {
  std::vector<const Topic*> out;
  for (const city::Loaded* loaded : city.all("topics"))
    for (const Topic& topic : static_cast<const Topics&>(*loaded->definition).list) out.push_back(&topic);
  return out;
}

const Topic* topic_of(const city::City& city, std::string_view id) {
  const auto all = topics_of(city);
  const auto found = std::find_if(all.begin(), all.end(), [&](const Topic* t) { return t->id == id; });
  return found == all.end() ? nullptr : *found;
}

std::vector<const ChannelDefinition*> channels_of(const city::City& city) {
  std::vector<const ChannelDefinition*> out;
  for (const city::Loaded* loaded : city.all("channel")) out.push_back(static_cast<const ChannelDefinition*>(loaded->definition.get()));
  return out;
}

}  // namespace machiya::tell
