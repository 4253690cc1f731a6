#include "tell/outlets/archive_notice.h"

#include <algorithm>

namespace machiya::tell {
namespace {
constexpr int kLongestChain = 50;   // as the archive's
}

Result<bulletins::Notice> notice_of(const Archive& archive, Campaigns& campaigns, const Campaign& campaign) {
  Published published;
  published.campaign = campaign, published.thread = campaign.public_id;
  published.sent = std::max(campaign.released.value_or(campaign.changed), campaign.draft.start.value_or(Instant{0}));
  std::string before = campaign.draft.follows;
  for (int i = 0; i < kLongestChain && !before.empty(); ++i) {
    MACHIYA_TRY(const auto earlier, campaigns.published_one(before));
    if (!earlier) break;   // withdrawn, or a drill
    published.thread = earlier->public_id, before = earlier->draft.follows;
  }
  bulletins::Notice out = archive.notice(published);
  if (campaign.draft.drill) out.status = bulletins::Status::exercise;
  return out;
}

}  // namespace machiya::tell
