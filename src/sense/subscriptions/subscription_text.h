// Subscriptions as JSON: from what a client sends to the form that is kept (names expanded, so that it means the same under every @context), and back to
// JSON under the context of whoever asks. Frozen form: the members of §5.2.12 with IRIs for names; q, types, pick and omit as canonical text with <IRIs>, what
// was written stands beside them as "~q", "~type" ….
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "sense/subscriptions/subscription.h"
#include "sense/jsonld/contexts.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

/// A whole subscription of a client. invalid_input is the standard's BadRequestData. Members that §5.2.12 does not know, and those that only the broker
/// writes, are left out. `id` is used when the body has none.
Result<std::string> read_subscription(const tree::Value& body, const Terms& terms, const std::string& id, std::int64_t now_us, About about = About::entities);
/// §5.8.2, §5.11.3: members of the fragment take the place of those that are kept; null takes away.
Result<std::string> merge_subscription(const std::string& kept, const tree::Value& fragment, const Terms& terms, std::int64_t now_us);

/// What the broker adds when a subscription is shown (§5.2.12, §5.2.14.2).
struct SubscriptionFacts {
  std::int64_t now_us = 0;
  bool sys_attrs = false;
  bool defaults = false;   ///< of one about registrations: isActive is shown even when nobody said it
  std::int64_t created_us = 0, modified_us = 0;
  std::uint64_t sent = 0, failed = 0;
  std::int64_t last_us, success_us, failure_us;   ///< kNoTime: never
  bool last_ok = true;
};
/// {"id": …} without @context; names as `terms` have them.
std::string write_subscription(const std::string& kept, const Terms& terms, const SubscriptionFacts& facts);

/// Canonical text of q, a type selection or a projection with every <IRI> as the name that `terms` have for it; an IRI that has none stays in <…>.
std::string compacted_names(std::string_view text, const Terms& terms);

}  // namespace machiya::sense
