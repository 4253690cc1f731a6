// A message as a notice before everybody can read it: at its release and in its preview.
#pragma once
#include "tell/bulletins/notice.h"
#include "tell/campaigns/campaigns.h"
#include "tell/citizen/archive.h"

namespace machiya::tell {

/// As the archive will show it, with its place in its row of updates. A drill says so (status exercise).
Result<bulletins::Notice> notice_of(const Archive& archive, Campaigns& campaigns, const Campaign& campaign);

}  // namespace machiya::tell
