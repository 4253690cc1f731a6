// What the pages of citizens share.
#include <algorithm>

#include "tell/citizen/citizen.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_tell_citizen();
}

namespace machiya::tell {
using pages::Data;

Citizen::Citizen(CitizenWeb web)
    : w_(std::move(web)), archive_(w_.campaigns, w_.clock, w_.city, w_.base_url), line_({w_.store, w_.vault, w_.audiences, w_.texts, w_.clock, w_.rng, w_.city, w_.line_reply}), sms_(w_.vault, w_.clock, w_.rng, w_.sms_codes_per_hour) {}

std::vector<store::Migration> Citizen::migrations() { return sql_migrations_tell_citizen(); }

void Citizen::add_routes(http::Router& router) {
  preference_routes(router);
  sms_routes(router);
  push_routes(router);
  subscribe_routes(router);
  leave_routes(router);
  archive_routes(router);
  line_routes(router);
}

std::string Citizen::text(const http::Request& request, std::string_view key, const locale::Args& args) const { return w_.texts.text(request.lang, key, args); }

Data Citizen::words(const http::Request& request, std::string_view key, const locale::Args& args) const {
  if (request.lang != "ja-easy") return Data(text(request, key, args));
  const std::string* raw = w_.texts.raw(request.lang, key);
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(raw ? *raw : std::string(key))) {
    if (piece.kind == locale::TextPiece::Kind::literal) out += piece.text;
    if (piece.kind == locale::TextPiece::Kind::ruby) out += "{" + piece.text + "|" + piece.reading + "}";
    if (piece.kind == locale::TextPiece::Kind::argument)
      for (const auto& [name, value] : args)
        if (name == piece.text) out += value;
  }
  return Data(pages::ruby(out));
}

std::string Citizen::by_words(const http::Request& request, std::string_view by_whom) const {
  const std::string key = "messages.by." + std::string(by_whom.substr(0, by_whom.find(':')));
  return text(request, w_.texts.raw(request.lang, key) ? key : "messages.by.city");
}

Data Citizen::begin(const http::Request& request, std::string_view title_key) const {
  Data out = w_.frame(request);
  out.set("title", text(request, title_key)).set("csrf", identity::principal_of(request).csrf);
  return out;
}

http::Response Citizen::render(std::string_view name, const Data& data, const http::Request& request, int status) const {
  return http::html(w_.templates.render(name, data, request.lang).html, status);
}

bool Citizen::usable(std::string_view channel) const { return std::find(w_.channels.begin(), w_.channels.end(), channel) != w_.channels.end(); }

std::string Citizen::channel_name(std::string_view channel, std::string_view lang) const {
  const auto city = w_.city();
  const auto* definition = city->get<ChannelDefinition>("channel", channel);
  return definition ? definition->name.in(lang) : std::string(channel);
}

Result<std::vector<Citizen::TopicBit>> Citizen::topics() const {
  std::vector<TopicBit> out;
  const auto city = w_.city();
  for (const Topic* topic : topics_of(*city)) {
    MACHIYA_TRY(const int bit, w_.audiences.number("topic", topic->id));
    out.push_back({topic->id, topic->name, std::int64_t{1} << bit});
  }
  return out;
}

Result<Citizen::ChannelIds> Citizen::channel_ids() const {
  constexpr int kMost = 62;   // bits of a mask
  ChannelIds out;
  for (int number = 0; number < kMost; ++number) {
    MACHIYA_TRY(std::string id, w_.audiences.name("channel", number));
    if (id.empty()) break;   // numbers are given one after the other
    out.add(number, std::move(id));
  }
  return out;
}

Data Citizen::topic_options(const std::vector<TopicBit>& all, std::int64_t chosen, const std::string& prefix, std::string_view lang) const {
  Data out{Data::List{}};
  for (const TopicBit& one : all) {
    const std::string& name = one.name.in(lang);
    // The first option carries the field's own id: the list of errors leads there.
    out.push(Data().set("id", &one == all.data() ? prefix : prefix + "-" + one.id).set("value", one.id).set("label", lang == "ja-easy" ? Data(pages::ruby(name)) : Data(name)).set("checked", (chosen & one.bit) != 0));
  }
  return out;
}

std::int64_t Citizen::chosen_topics(const http::Request& request, const std::vector<TopicBit>& all) {
  std::int64_t out = 0;
  for (const auto& [name, value] : request.form_pairs)
    for (const TopicBit& one : all)
      if (name == "topics" && value == one.id) out |= one.bit;
  return out;
}

Data Citizen::language_options(std::string_view chosen) const {
  Data out{Data::List{}};
  for (const std::string_view lang : locale::kLanguages) out.push(Data().set("value", lang).set("label", locale::language_name(lang)).set("checked", lang == chosen));
  return out;
}

}  // namespace machiya::tell
