// For tests: a message that one member of staff writes and another releases.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "tell/campaigns/campaigns.h"

namespace machiya::tell::testing {

/// Gives its public id.
inline std::string released(Campaigns& campaigns, const Draft& draft, Class cls, const identity::Principal& author, const identity::Principal& second) {
  auto made = campaigns.create(draft, cls, {author, "r"});
  EXPECT_TRUE(made.ok()) << made.error().to_string();
  if (!made.ok()) return "";
  auto submitted = campaigns.submit(*made, {author, "r"});
  EXPECT_TRUE(submitted.ok()) << submitted.error().to_string();
  auto done = campaigns.release(*made, {second, "r"});
  EXPECT_TRUE(done.ok()) << done.error().to_string();
  return *made;
}

}  // namespace machiya::tell::testing
