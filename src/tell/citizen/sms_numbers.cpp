// /my/messages/sms: a telephone number of one's own. The number is typed, a code goes there, the code comes back; only then is anything else sent to it.
// The answer is the same whether the number is somebody's already, and whether it has had enough codes.
#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "platform/audit/audit.h"
#include "tell/citizen/citizen.h"
#include "tell/sms/sms_number.h"

namespace machiya::tell {
namespace {
using pages::Data;
const std::string kPath = "/my/messages/sms";
constexpr std::string_view kChannel = "sms", kBy = "sms-code";
}  // namespace

Result<std::string> Citizen::number_waiting(const http::Request& request) {
  if (!takes_numbers()) return std::string();
  MACHIYA_TRY(const auto number, w_.store.read([&](store::ReadTx& tx) { return sms_.waiting(tx, identity::principal_of(request).id); }));
  return number ? shown_number(*number) : std::string();
}

Data Citizen::sms_card(const http::Request& request, const Own& own, const std::string& waiting, bool another) const {
  Data number = Data().set("type", "phone").set("id", "number").set("name", "number").set("label", words(request, "messages.sms.number")).set("hint", words(request, "messages.sms.number_hint")).set("required", true).set("value", own.typed);
  Data code = Data().set("type", "digits").set("id", "sms-code").set("name", "code").set("label", words(request, "messages.sms.code")).set("hint", words(request, "messages.sms.code_hint")).set("required", true)
                  .set("autocomplete", "one-time-code").set("max_length", 12);
  if (own.field == "number") number.set("error", words(request, own.error));
  if (own.field == "code") code.set("error", words(request, own.error));
  Data out = Data().set("name", channel_name(kChannel, request.lang)).set("another", another).set("fields", Data(Data::List{std::move(number)}));
  if (!waiting.empty()) out.set("waiting", Data().set("sent", words(request, "messages.sms.sent", {{"number", waiting}, {"minutes", std::to_string(SmsDesk::kCodeMinutes)}})).set("fields", Data(Data::List{std::move(code)})));
  return out;
}

http::Response Citizen::wrong_number(http::Request& request, const char* field, std::string_view key, int status, std::string_view typed) {
  Own own;
  own.channel = kChannel, own.field = field, own.error = key, own.status = status, own.typed = typed;
  return preferences(request, own);
}

http::Response Citizen::ask_sms_code(http::Request& request) {
  const std::string_view typed = request.form("number").value_or("");
  if (const std::string_view fault = sms_number_fault(typed); !fault.empty()) return wrong_number(request, "number", "messages.sms.not." + std::string(fault), 422, typed);
  const auto number = sms_number(typed);
  if (!number.ok()) return http::problem(number.error(), request);
  const auto& who = identity::principal_of(request);
  auto code = w_.store.write([&](store::Tx& tx) -> Result<SmsDesk::Code> {
    MACHIYA_CHECK(w_.audit.append(tx, {who.actor(), "recipient.sms-asked", who.actor(), "", request.id, {}}));
    return sms_.ask(tx, who.id, *number);
  });
  if (!code.ok()) return http::problem(code.error(), request);
  if (code->asked == SmsDesk::Asked::house_limit) log(LogLevel::warn, "sms-codes-bound-reached", {{"per_hour", std::to_string(w_.sms_codes_per_hour)}});
  if (code->asked != SmsDesk::Asked::yes) return wrong_number(request, "number", code->asked == SmsDesk::Asked::account_limit ? "messages.sms.too_many" : "messages.sms.busy", 429);
  if (!code->code.empty()) {
    const std::string text = w_.texts.text(request.lang, "messages.sms.text_of_code", {{"code", code->code}, {"city", w_.city()->name().in(request.lang)}, {"minutes", std::to_string(SmsDesk::kCodeMinutes)}});
    if (auto sent = w_.sms_code(*number, std::string(request.lang), text); !sent.ok()) log(LogLevel::error, "sms-code-not-sent", {{"why", std::string(sent.error().info().name)}, {"request", request.id}});
  }
  return http::see_other("/my/messages?done=sms-asked#add-sms");
}

/// One number of each person: a new one takes the place of the old, with its topics and its place in the order.
Result<void> Citizen::take_number(store::Tx& tx, std::int64_t recipient, int channel, const std::string& number) {
  MACHIYA_TRY(const Recipient before, required(tx, recipient));
  MACHIYA_TRY(std::int64_t topics, first_topics(tx, recipient));
  MACHIYA_TRY(const auto owner, w_.audiences.by_address(tx, channel, number));
  std::vector<int> order;
  bool had = false;
  for (const Subscribed& one : before.channels) {
    order.push_back(one.channel);
    if (one.channel == channel) topics = one.topics, had = true;
  }
  if (had && owner != recipient) {
    MACHIYA_TRY(const bool left, w_.audiences.leave(tx, recipient, channel, kBy));
    (void)left;
  }
  MACHIYA_TRY(const std::int64_t theirs, w_.audiences.subscribe(tx, recipient, channel, number, topics, before.lang, kBy));
  (void)theirs;
  return had ? w_.audiences.prefer(tx, recipient, order) : Result<void>();
}

http::Response Citizen::type_sms_code(http::Request& request) {
  const auto& who = identity::principal_of(request);
  const auto channel = w_.audiences.number("channel", kChannel);
  if (!channel.ok()) return http::problem(channel.error(), request);
  const auto lang = std::find(locale::kLanguages.begin(), locale::kLanguages.end(), std::string_view(request.lang));
  const int language = lang == locale::kLanguages.end() ? 0 : static_cast<int>(lang - locale::kLanguages.begin());
  // A wrong code is written down, too: the transaction is kept whatever it was.
  auto typed = w_.store.write([&](store::Tx& tx) -> Result<SmsDesk::Typed> {
    MACHIYA_TRY(const SmsDesk::Answer answer, sms_.type(tx, who.id, digits_of(request.form("code").value_or(""))));
    const bool right = answer.typed == SmsDesk::Typed::right;
    MACHIYA_CHECK(w_.audit.append(tx, {who.actor(), right ? "recipient.added" : "recipient.sms-wrong", who.actor(), "", request.id, {}}));
    if (!right) return answer.typed;
    MACHIYA_TRY(const std::int64_t recipient, w_.audiences.recipient_of(tx, who.id, language));
    MACHIYA_CHECK(take_number(tx, recipient, *channel, answer.number));
    return answer.typed;
  });
  if (!typed.ok()) return http::problem(typed.error(), request);
  if (*typed == SmsDesk::Typed::wrong) return wrong_number(request, "code", "messages.sms.code_wrong", 422);
  if (*typed == SmsDesk::Typed::over) return wrong_number(request, "number", "messages.sms.code_over", 422);
  return http::see_other("/my/messages?done=added");
}

Result<void> Citizen::tidy(int limit) {
  return w_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto gone, sms_.expire(tx, limit));
    (void)gone;
    return {};
  });
}

void Citizen::sms_routes(http::Router& router) {
  if (!takes_numbers()) return;
  http::RouteOptions post;
  post.permission = "person", post.object = "none", post.rate_per_minute = 20, post.reads_personal_data = true;   // both show the whole page again
  router.post(kPath, post, [this](http::Request& r) { return ask_sms_code(r); });
  router.post(kPath + "/code", post, [this](http::Request& r) { return type_sms_code(r); });
}

}  // namespace machiya::tell
