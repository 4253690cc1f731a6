#include "app/line_allowance.h"

#include <algorithm>

#include "app/tell_channels.h"
#include "platform/locale/locale.h"
#include "tell/campaigns/web.h"
#include "tell/messages/definitions.h"

namespace machiya::app {
namespace {
const tell::ChannelDefinition* line_of(const city::City& city) {
  for (const tell::ChannelDefinition* one : tell::channels_of(city))
    if (one->adapter == "line") return one;
  return nullptr;
}
}  // namespace

std::shared_ptr<tell::LineQuotaWatch> line_quota_watch(const city::City& city, const Settings& settings, const outbound::Outbound& door, const Clock& clock) {
  const auto* channel = line_of(city);
  if (!channel) return nullptr;
  auto options = line_options(*channel, settings);
  return options.ok() ? std::make_shared<tell::LineQuotaWatch>(std::move(*options), door, clock) : nullptr;
}

void add_line_allowance(tell::LineQuotaWatch* watch, const city::City& city, const locale::Catalogue& texts, const http::Request& request, const tell::Campaign& campaign, pages::Data& data) {
  const bool open = campaign.state == tell::CampaignState::draft || campaign.state == tell::CampaignState::waiting;
  const auto* channel = line_of(city);
  if (!watch || !channel || !open || campaign.draft.drill) return;
  const auto& only = campaign.draft.channels;
  if (!only.empty() && std::find(only.begin(), only.end(), channel->id) == only.end()) return;
  const std::string_view lang = locale::staff_language(request.lang);
  const auto quota = watch->now();
  const auto n = [](std::int64_t value) { return tell::detail::grouped(value); };
  if (!quota) data.set("allowance", texts.text(lang, "staff_line.unknown"));
  else if (!quota->most) data.set("allowance", texts.text(lang, "staff_line.no_limit", {{"used", n(quota->used)}}));
  else data.set("allowance", texts.text(lang, "staff_line.left", {{"used", n(quota->used)}, {"most", n(*quota->most)}, {"left", n(std::max<std::int64_t>(0, *quota->most - quota->used))}}));
}

}  // namespace machiya::app
