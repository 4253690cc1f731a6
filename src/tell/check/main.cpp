// channel_check: one JSON object a line on standard input, one on standard output, so that programs of others can judge the channels.
//   {"kind": "signature", "secret", "body" (base64url), "header"}                    → {"accepted": true|false}
//   {"kind": "webhook", "body" (base64url)}                                          → {"destination", "events": [{"kind", "type", "id", …}]} or {"error"}
//   {"kind": "hand-off", "key", "content", "to": [{"address", "leave", "own"}], "alt"} → {"each": [{"fate", "reason"}], "down", "wait_ms", "cost"}
//   {"kind": "all", "how": "broadcast"|"narrowcast", "key", "content"}               → {"fate", "reason", "request"}
//   {"kind": "progress", "request"}                                                  → {"phase", "succeeded", "failed", "aimed_at", "error_code"}
//   {"kind": "validate", "content"}, {"kind": "quota"}, {"kind": "followers", "limit"}, {"kind": "menu", "definition", "pictures": {name: base64url}}
//   {"kind": "sms"|"webhook-out", "key", "message", "content", "to": […]}            → as "hand-off"
//   {"kind": "sms-length", "text"} → {"gsm", "units", "segments"};  {"kind": "sms-number", "written"} → {"number"} or {"error"}
// Argument, for the orders that send: {"line", "line_data", "sms": ports of the sandbox}. `alt`, `stray`: planted, see plant().
#include <iostream>

#include "base/json.h"
#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "platform/vault/vault.h"
#include "tell/line/line_channel.h"
#include "tell/line/line_menu.h"
#include "tell/line/line_webhook.h"
#include "tell/sms/sms_channel.h"
#include "tell/sms/sms_number.h"
#include "tell/sms/sms_text.h"
#include "tell/webhook/webhook_channel.h"

namespace {
using namespace machiya;
using json::Value;

std::string bytes(const Value& from, const char* name) { return vault::from_base64url(from.text(name)).value_or(""); }
Value failed(const Error& error) { return Value::object({{"error", error.to_string()}}); }

tell::Content content(const Value& from) {
  tell::Content out;
  out.lang = from.text("lang");
  out.title = from.text("title");
  out.body = from.text("body");
  out.short_text = from.text("short_text");
  out.link = from.text("link");
  out.link_text = from.text("link_text");
  out.sender = from.text("sender");
  out.leave_text = from.text("leave_text");
  out.emergency = from["emergency"].as_bool();
  return out;
}

const char* name_of(tell::Fate fate) {
  switch (fate) {
    case tell::Fate::accepted: return "accepted";
    case tell::Fate::again: return "again";
    case tell::Fate::unknown: return "unknown";
    case tell::Fate::refused: return "refused";
    case tell::Fate::dead_address: return "dead";
  }
  return "";
}
const char* name_of(tell::LineEventKind kind) {
  switch (kind) {
    case tell::LineEventKind::follow: return "follow";
    case tell::LineEventKind::unfollow: return "unfollow";
    case tell::LineEventKind::text: return "text";
    case tell::LineEventKind::postback: return "postback";
    case tell::LineEventKind::account_link: return "account-link";
    case tell::LineEventKind::unknown: return "unknown";
  }
  return "";
}

Value webhook(const Value& order) {
  const auto read = tell::read_line_webhook(bytes(order, "body"));
  if (!read.ok()) return failed(read.error());
  Value events = Value::array();
  for (const tell::LineEvent& one : read->events)
    events.push(Value::object({{"kind", name_of(one.kind)}, {"type", one.type}, {"id", one.id}, {"redelivery", one.redelivery}, {"at", one.at_ms}, {"standby", one.standby}, {"user", one.user},
                               {"replyToken", one.reply_token}, {"unblocked", one.unblocked}, {"text", one.text}, {"message", one.message}, {"data", one.data}, {"nonce", one.nonce}, {"linked", one.linked}}));
  return Value::object({{"destination", read->destination}, {"events", std::move(events)}});
}

/// A bug of ours, planted: the altText as long as the order wants it, or members that nobody knows. The judges must see it.
Value plant(const tell::LineApi& api, const Value& order) {
  Value message = tell::line_message(content(order["content"]));
  if (order.has("alt")) message.set("altText", std::string(static_cast<std::size_t>(order["alt"].as_int()), 'a'));
  if (order.has("stray")) message.set(order.text("stray"), true);
  Value messages = Value::array();
  messages.push(std::move(message));
  const tell::LineReply reply = api.push(order["to"][std::size_t{0}].text("address"), messages, order.text("key"));
  return Value::object({{"each", Value(Value::Array{Value::object({{"fate", name_of(reply.outcome.fate)}, {"reason", reply.outcome.reason}})})}});
}

Value hand_off(tell::Channel& channel, const Value& order) {
  tell::Parcel parcel;
  parcel.key = order.text("key");
  parcel.message = order.text("message");
  parcel.content = std::make_shared<tell::Content>(content(order["content"]));
  for (const Value& to : order["to"].items())
    parcel.to.push_back({1, to.text("address"), to.text("leave"), to.has("own") ? std::make_shared<tell::Content>(content(to["own"])) : nullptr});
  const tell::HandOff out = channel.hand_off(parcel);
  Value each = Value::array();
  for (const tell::Outcome& one : out.each) each.push(Value::object({{"fate", name_of(one.fate)}, {"reason", one.reason}}));
  return Value::object({{"each", std::move(each)}, {"down", out.down}, {"wait_ms", out.wait_ms}, {"cost", channel.cost(parcel)}});
}

Value to_all(const tell::LineApi& api, const Value& order) {
  Value messages = Value::array();
  messages.push(tell::line_message(content(order["content"])));
  if (order.text("kind") == "validate") {
    const auto valid = api.validate(order.text("how"), messages);
    return valid.ok() ? Value::object({{"valid", true}}) : failed(valid.error());
  }
  const tell::LineReply reply = order.text("how") == "broadcast" ? api.broadcast(messages, order.text("key")) : api.narrowcast(messages, order.text("key"));
  return Value::object({{"fate", name_of(reply.outcome.fate)}, {"reason", reply.outcome.reason}, {"request", reply.request}});
}

Value progress(const tell::LineApi& api, const Value& order) {
  static constexpr const char* kPhases[] = {"waiting", "sending", "succeeded", "failed"};
  const auto out = api.narrowcast_progress(order.text("request"));
  if (!out.ok()) return failed(out.error());
  return Value::object({{"phase", kPhases[static_cast<int>(out->phase)]}, {"succeeded", out->succeeded}, {"failed", out->failed}, {"aimed_at", out->aimed_at}, {"error_code", out->error}});
}

Value quota(const tell::LineApi& api) {
  const auto out = api.quota();
  if (!out.ok()) return failed(out.error());
  return Value::object({{"most", out->most ? Value(*out->most) : Value()}, {"used", out->used}});
}
Value followers(const tell::LineApi& api, const Value& order) {
  Value users = Value::array();
  for (std::string next;;) {
    const auto page = api.followers(next, static_cast<int>(order["limit"].as_int(1000)));
    if (!page.ok()) return failed(page.error());
    for (const std::string& one : page->users) users.push(one);
    if ((next = page->next).empty()) break;
  }
  return Value::object({{"users", std::move(users)}});
}
Value menu(const tell::LineApi& api, const Value& order) {
  const auto tabs = tell::read_line_menu(order["definition"]);
  if (!tabs.ok()) return failed(tabs.error());
  const auto picture = [&](const std::string& name) -> Result<std::string> {
    if (!order["pictures"].has(name)) return Error(ErrorCode::not_found, name);
    return bytes(order["pictures"], name.c_str());
  };
  const auto placed = tell::place_line_menu(api, *tabs, picture);
  return placed.ok() ? Value::object({{"placed", true}}) : failed(placed.error());
}

Value sms_length(const Value& order) {
  const tell::SmsLength out = tell::sms_length(order.text("text"));
  return Value::object({{"gsm", out.gsm}, {"units", out.units}, {"segments", out.segments}});
}
Value sms_number(const Value& order) {
  const auto out = tell::sms_number(order.text("written"));
  return out.ok() ? Value::object({{"number", *out}}) : failed(out.error());
}

/// The channels against the sandbox, with its default secrets.
struct Channels {
  std::unique_ptr<outbound::Outbound> door;
  SystemClock clock;
  std::unique_ptr<tell::LineChannel> line;
  std::unique_ptr<tell::SmsChannel> sms;
  std::unique_ptr<tell::WebhookChannel> webhook;

  Result<void> open(const Value& ports) {
    const auto at = [&](const char* name) { return "http://127.0.0.1:" + std::to_string(ports[name].as_int()); };
    outbound::Options options;
    options.http_on_loopback = true;
    for (const char* name : {"line", "line_data", "sms", "webhook"}) options.rules.push_back({at(name), true});
    MACHIYA_TRY(door, outbound::Outbound::create(std::move(options)));
    tell::LineChannelOptions to_line;
    to_line.api = {at("line"), at("line_data"), "sandbox-channel-token", kTimeoutMs};
    line = std::make_unique<tell::LineChannel>(std::move(to_line), *door);
    sms = std::make_unique<tell::SmsChannel>(tell::SmsOptions{at("sms") + "/v1/messages", "sandbox-sms-token", "Machiya", kTimeoutMs}, *door);
    webhook = std::make_unique<tell::WebhookChannel>(tell::WebhookOptions{"sandbox-webhook-secret-of-32-bytes", kTimeoutMs}, *door, clock);
    return {};
  }
  static constexpr int kTimeoutMs = 1'000;
};

Value answer(const Channels& channels, const Value& order) {
  const std::string& kind = order.text("kind");
  if (kind == "signature") return Value::object({{"accepted", tell::verify_line_signature(order.text("secret"), bytes(order, "body"), order.text("header"))}});
  if (kind == "webhook") return webhook(order);
  if (kind == "sms-length") return sms_length(order);
  if (kind == "sms-number") return sms_number(order);
  if (!channels.door) return Value::object({{"error", "this order needs the sandbox"}});
  if (kind == "sms") return hand_off(*channels.sms, order);
  if (kind == "webhook-out") return hand_off(*channels.webhook, order);
  const tell::LineApi& api = channels.line->api();
  if (kind == "hand-off") return order.has("alt") || order.has("stray") ? plant(api, order) : hand_off(*channels.line, order);
  if (kind == "quota") return quota(api);
  if (kind == "progress") return progress(api, order);
  if (kind == "followers") return followers(api, order);
  if (kind == "menu") return menu(api, order);
  return to_all(api, order);
}
}  // namespace

int main(int argc, char** argv) {
  Channels channels;
  if (argc == 2) {
    const auto ports = json::parse(argv[1]);
    const auto opened = ports.ok() ? channels.open(*ports) : Result<void>(ports.error());
    if (!opened.ok()) return std::cerr << opened.error().to_string() << '\n', 2;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const auto order = json::parse(line);
    std::cout << json::to_text(order.ok() ? answer(channels, *order) : failed(order.error())) << std::endl;
  }
  return 0;
}
