#include "tell/campaigns/lengths.h"

#include "base/json.h"
#include "base/text.h"
#include "tell/channel/characters.h"
#include "tell/line/line_message.h"
#include "tell/messages/rendering.h"
#include "tell/sms/sms_text.h"
#include "tell/webpush/payload.h"

namespace machiya::tell {
namespace {

void by_limit(std::vector<TooLong>& out, const char* part, const std::string& text, int limit) {
  if (limit <= 0 || text.size() <= static_cast<std::size_t>(limit)) return;   // never fewer bytes than characters
  const std::size_t have = characters(text);
  if (have > static_cast<std::size_t>(limit)) out.push_back({part, have, static_cast<std::size_t>(limit)});
}

void by_line(std::vector<TooLong>& out, const Content& content) {
  const std::size_t title = utf16_units(trim(content.title)), body = utf16_units(trim(content.body));
  if (title > kMostLineTitle) out.push_back({"title", title, kMostLineTitle});
  if (body > kMostLineBody) out.push_back({"body", body, kMostLineBody});
}

void by_push(std::vector<TooLong>& out, const Content& content) {
  constexpr std::size_t kSurelyFits = 600;   // six bytes of JSON for each byte at most
  if (content.title.size() + content.body.size() + content.link.size() < kSurelyFits) return;
  const auto shown = json::parse(push_payload(content, {}));
  if (!shown.ok()) return;   // never: it is ours
  for (const auto& [part, text] : {std::pair{"title", &content.title}, std::pair{"body", &content.body}})
    if (shown->text(part) != *text) out.push_back({part, text->size(), shown->text(part).size()});
}

}  // namespace

std::vector<TooLong> too_long(const ChannelDefinition& channel, const Content& content) {
  std::vector<TooLong> out;
  if (channel.adapter == "sms") {
    const bool own = !trim(content.short_text).empty();
    by_limit(out, own ? "short" : "title", own ? content.short_text : content.title, channel.most_short);
    if (out.empty() && !sms_faults(content).empty()) out.push_back({own ? "short" : "title", utf16_units(own ? content.short_text : content.title), kMostSmsUnits});
    return out;
  }
  by_limit(out, "title", content.title, channel.most_title);
  by_limit(out, "body", content.body, channel.most_body);
  if (!out.empty()) return out;   // the city's own limit says it already
  if (channel.adapter == "line") by_line(out, content);
  if (channel.adapter == "push") by_push(out, content);
  return out;
}

}  // namespace machiya::tell
