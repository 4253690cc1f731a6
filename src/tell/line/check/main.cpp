// line_check: one JSON object a line on standard input, one on standard output, so that programs of others can judge this module.
//   {"kind": "signature", "secret", "body" (base64url), "header"}                    → {"accepted": true|false}
//   {"kind": "webhook", "body" (base64url)}                                          → {"destination", "events": [{"kind", "type", "id", …}]} or {"error"}
//   {"kind": "hand-off", "key", "content", "to": [{"address", "leave", "own"}], "alt"} → {"each": [{"fate", "reason"}], "down", "wait_ms", "cost"}
//   {"kind": "all", "how": "broadcast"|"narrowcast", "key", "content"}               → {"fate", "reason"}
//   {"kind": "validate", "content"}, {"kind": "quota"}, {"kind": "followers", "limit"}, {"kind": "menu", "definition", "pictures": {name: base64url}}
// Arguments: base and data base of the API, and its token; for the orders that send. `alt`: planted, see plant().
#include <iostream>
#include <map>

#include "base/json.h"
#include "platform/outbound/outbound.h"
#include "platform/vault/vault.h"
#include "tell/line/line_channel.h"
#include "tell/line/line_menu.h"
#include "tell/line/line_webhook.h"

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

Value hand_off(tell::LineChannel& channel, const Value& order) {
  if (order.has("alt") || order.has("stray")) return plant(channel.api(), order);
  tell::Parcel parcel;
  parcel.key = order.text("key");
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
  return Value::object({{"fate", name_of(reply.outcome.fate)}, {"reason", reply.outcome.reason}});
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

Value answer(tell::LineChannel* channel, const Value& order) {
  const std::string& kind = order.text("kind");
  if (kind == "signature") return Value::object({{"accepted", tell::verify_line_signature(order.text("secret"), bytes(order, "body"), order.text("header"))}});
  if (kind == "webhook") return webhook(order);
  if (channel == nullptr) return Value::object({{"error", "this order needs the API"}});
  if (kind == "hand-off") return hand_off(*channel, order);
  if (kind == "quota") return quota(channel->api());
  if (kind == "followers") return followers(channel->api(), order);
  if (kind == "menu") return menu(channel->api(), order);
  return to_all(channel->api(), order);
}
}  // namespace

int main(int argc, char** argv) {
  std::unique_ptr<outbound::Outbound> door;
  std::unique_ptr<tell::LineChannel> channel;
  if (argc == 4) {
    outbound::Options options;
    options.http_on_loopback = true;
    options.rules = {{argv[1], true}, {argv[2], true}};
    auto made = outbound::Outbound::create(std::move(options));
    if (!made.ok()) return std::cerr << made.error().to_string() << '\n', 2;
    door = std::move(*made);
    tell::LineChannelOptions line;
    line.api.base = argv[1], line.api.data_base = argv[2], line.api.token = argv[3], line.api.timeout_ms = 2'000;
    channel = std::make_unique<tell::LineChannel>(std::move(line), *door);
  }
  for (std::string line; std::getline(std::cin, line);) {
    const auto order = json::parse(line);
    std::cout << json::to_text(order.ok() ? answer(channel.get(), *order) : failed(order.error())) << std::endl;
  }
  return 0;
}
