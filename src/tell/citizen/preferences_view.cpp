// What the page /my/messages shows.
#include <algorithm>

#include "base/text.h"
#include "tell/citizen/about.h"
#include "tell/citizen/citizen.h"
#include "tell/ledger/contents.h"

namespace machiya::tell {
namespace {
using pages::Data;
constexpr int kSent = 20, kHistory = 30;

bool empty(const Data& list) { return std::get<Data::List>(list.get()).empty(); }
/// For the options of a select, which know no ruby.
std::string plain(std::string_view text) {
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(text)) out += piece.text;
  return out;
}
}  // namespace

Result<void> Citizen::fill_preferences(http::Request& request, const Own& own, Data& data) {
  const auto& who = identity::principal_of(request);
  // Numbers are looked up before the transaction: a lookup inside would want a second connection.
  MACHIYA_TRY(const auto all, topics());
  MACHIYA_TRY(const auto ids, channel_ids());
  MACHIYA_TRY(const std::string waiting, number_waiting(request));
  std::optional<Recipient> mine;
  MACHIYA_CHECK(w_.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(mine, w_.audiences.by_person(tx, who.id));
    MACHIYA_CHECK(fill_addable(tx, request, mine.value_or(Recipient{}), ids, data));
    if (!mine) return {};
    MACHIYA_CHECK(fill_history(tx, request, *mine, all, ids, data));
    return fill_sent(tx, request, *mine, ids, data);
  }));
  const Recipient recipient = mine.value_or(Recipient{});
  fill_channels(request, recipient, all, ids, data);
  if (takes_numbers()) {
    const bool another = std::any_of(recipient.channels.begin(), recipient.channels.end(), [&](const Subscribed& one) { return ids.at(one.channel) == "sms"; });
    data.set("add_sms", sms_card(request, own, waiting, another)).set("addable", true);
  }
  fill_about(request, recipient.attributes, data);
  Data languages = Data().set("type", "select").set("id", "language").set("name", "language").set("label", words(request, "messages.language")).set("required", true)
                       .set("options", language_options(mine ? locale::kLanguages[static_cast<std::size_t>(recipient.lang)] : std::string_view(request.lang)));
  data.set("language_fields", Data(Data::List{std::move(languages)}));
  if (!own.code.empty()) data.set("code", own.code);
  if (!own.error.empty()) data.set("flash", Data().set("kind", "error").set("text", words(request, own.error)));
  const std::string done(request.query("done").value_or(""));
  for (const char* known : {"topics", "leave", "order", "language", "about", "withdrawn", "added", "sms-asked"})
    if (done == known && own.error.empty()) data.set("flash", Data().set("kind", "success").set("text", words(request, "messages.done." + done)));
  return {};
}

void Citizen::fill_channels(const http::Request& request, const Recipient& recipient, const std::vector<TopicBit>& all, const ChannelIds& ids, Data& data) const {
  Data list{Data::List{}};
  for (std::size_t i = 0; i < recipient.channels.size(); ++i) {
    const Subscribed& one = recipient.channels[i];
    const std::string id = ids.at(one.channel), name = channel_name(id, request.lang);
    Data item = Data().set("id", id).set("name", name).set("place", static_cast<long>(i + 1)).set("push", id == "push");
    if (i > 0) item.set("up", words(request, "messages.up", {{"channel", name}}));
    item.set("stop", words(request, "messages.stop", {{"channel", name}})).set("save", words(request, "messages.save_topics", {{"channel", name}}));
    item.set("resting", !usable(id));
    const std::string prefix = "topics-" + id;
    Data field = Data().set("type", "choices").set("id", prefix).set("name", "topics").set("label", words(request, "messages.topics_of", {{"channel", name}})).set("options", topic_options(all, one.topics, prefix, request.lang));
    long chosen = 0;
    for (const TopicBit& topic : all) chosen += (one.topics & topic.bit) != 0;
    item.set("open", chosen == 0 && usable(id));   // a channel without topics asks for them
    item.set("chosen", words(request, "messages.chosen", {{"chosen", std::to_string(chosen)}, {"all", std::to_string(all.size())}})).set("fields", Data(Data::List{std::move(field)}));
    list.push(std::move(item));
  }
  if (!empty(list)) data.set("channels", Data().set("items", std::move(list)));
}

Result<void> Citizen::fill_addable(store::ReadTx& tx, const http::Request& request, const Recipient& recipient, const ChannelIds& ids, Data& data) const {
  const auto missing = [&](std::string_view id) {
    return usable(id) && std::none_of(recipient.channels.begin(), recipient.channels.end(), [&](const Subscribed& one) { return ids.at(one.channel) == id; });
  };
  if (missing("mail")) {
    MACHIYA_TRY(const std::string email, w_.identity.email_of(tx, identity::principal_of(request).id));
    if (!email.empty()) data.set("add_mail", Data().set("address", email).set("name", channel_name("mail", request.lang)));
  }
  if (missing("line") && !w_.line_secret.empty()) {
    Data line = Data().set("name", channel_name("line", request.lang));
    if (!w_.line_friend.empty()) line.set("friend", w_.line_friend);
    data.set("add_line", std::move(line));
  }
  // One person may have several browsers, so this stays.
  if (usable("push") && !w_.push_key.empty()) data.set("add_push", Data().set("key", w_.push_key).set("name", channel_name("push", request.lang)).set("another", !missing("push")));
  if (data.find("add_mail") || data.find("add_line") || data.find("add_push")) data.set("addable", true);
  return {};
}

void Citizen::fill_about(const http::Request& request, const json::Value& attributes, Data& data) const {
  const auto city = w_.city();
  const std::string ward_id = attributes.text("ward"), age_id = attributes.text("age"), town_name = attributes.text("town");
  Data wards{Data::List{}}, towns{Data::List{}}, ages{Data::List{}}, events{Data::List{}};
  for (const city::Ward& one : city->wards()) wards.push(Data().set("value", one.id).set("label", plain(one.name.in(request.lang))).set("checked", one.id == ward_id));
  for (const std::string_view id : about_ages()) ages.push(Data().set("value", id).set("label", text(request, "messages.age." + std::string(id))).set("checked", id == age_id));
  const json::Value& told = attributes["events"];
  for (const std::string_view id : about_events()) {
    bool chosen = false;
    for (const json::Value& one : told.items()) chosen = chosen || one.as_string() == id;
    events.push(Data().set("id", empty(events) ? "events" : "events-" + std::string(id)).set("value", id).set("label", words(request, "messages.event." + std::string(id))).set("checked", chosen));
  }
  const auto select = [&](const char* name, Data options) {
    return Data().set("type", "select").set("id", name).set("name", name).set("label", words(request, std::string("messages.about.") + name)).set("options", std::move(options));
  };
  Data fields{Data::List{}};
  fields.push(select("ward", std::move(wards)));
  const city::Ward* ward = ward_id.empty() ? nullptr : city->ward(ward_id);
  if (ward && w_.reference) {
    const auto known = w_.reference->towns_in(ward->code);
    for (const locale::Town& one : known) towns.push(Data().set("value", one.town).set("label", one.town).set("checked", one.town == town_name));
    if (!empty(towns)) fields.push(select("town", std::move(towns)));
  }
  fields.push(select("age", std::move(ages)));
  fields.push(Data().set("type", "choices").set("id", "events").set("name", "events").set("label", words(request, "messages.about.events")).set("options", std::move(events)));
  data.set("about_fields", std::move(fields)).set("told", attributes.size() > 0);
}

Result<void> Citizen::fill_history(store::ReadTx& tx, const http::Request& request, const Recipient& recipient, const std::vector<TopicBit>& all, const ChannelIds& ids, Data& data) const {
  MACHIYA_TRY(const auto consents, w_.audiences.consents(tx, recipient.id));
  Data rows{Data::List{}};
  int left = kHistory;
  for (auto one = consents.rbegin(); one != consents.rend() && left > 0; ++one, --left) {
    Data row = Data().set("when", locale::format_time(one->at, request.lang)).set("what", words(request, "messages.what." + (one->detail == "renewed" ? one->detail : one->what)));
    row.set("by", by_words(request, one->by_whom));
    if (one->channel >= 0) row.set("channel", channel_name(ids.at(one->channel), request.lang));
    if (one->what == "topics" || one->what == "subscribed" || one->what == "confirmed" || one->what == "asked") {
      const std::int64_t bits = std::strtoll(one->detail.c_str(), nullptr, 10);
      std::string names;
      for (const TopicBit& topic : all)
        if (bits & topic.bit) names += (names.empty() ? "" : request.lang.rfind("ja", 0) == 0 ? "、" : ", ") + plain(topic.name.in(request.lang));
      row.set("topics", names.empty() ? text(request, "messages.no_topics") : names);
    }
    rows.push(std::move(row));
  }
  if (!empty(rows)) data.set("history", Data().set("rows", std::move(rows)));
  return {};
}

Result<void> Citizen::fill_sent(store::ReadTx& tx, const http::Request& request, const Recipient& recipient, const ChannelIds& ids, Data& data) const {
  MACHIYA_TRY(const auto lines, w_.ledger.lines_of(tx, recipient.id, kSent));
  Data rows{Data::List{}};
  for (const Ledger::Line& line : lines) {
    MACHIYA_TRY(const auto message, w_.ledger.message(tx, line.public_id));
    if (!message || message->drill) continue;
    MACHIYA_TRY(const Contents contents, contents_in(message->contents));
    const Content* content = for_language(contents, request.lang);
    if (!content) continue;
    Data row = Data().set("title", without_own(content->title, "…")).set("lang", locale::html_lang(content->lang)).set("channel", channel_name(ids.at(line.channel), request.lang));
    row.set("when", locale::format_time(line.created, request.lang)).set("state", words(request, "messages.state." + std::string(name_of(line.state))));
    // The page of a message, or of one's own case; nothing that leads away from here.
    if (content->link.rfind(w_.base_url + "/", 0) == 0) row.set("href", content->link.substr(w_.base_url.size()));
    rows.push(std::move(row));
  }
  if (!empty(rows)) data.set("sent", Data().set("rows", std::move(rows)));
  return {};
}

}  // namespace machiya::tell
