// Reports that come back to an envelope sender: any bytes are read or passed over, and a token is only ever what stood in an address of ours. The first
// line is the envelope recipient.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tell/mail/report.h"
#include "tell/mail/return_path.h"
#include "tell/webpush/subscription.h"

using namespace machiya;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 65536) return 0;
  static const tell::ReturnPath path("a secret of thirty-two bytes, no less", "bounce+", "reports.city.example");
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view to = all.substr(0, all.find('\n'));
  const auto report = tell::read_report(all.substr(std::min(all.size(), to.size() + 1)), to, [](std::string_view address) { return path.token_of(address); });
  if (report && (report->token.size() != 26 || report->status.size() > 11)) std::abort();
  // The other thing that strangers hand to a channel: a subscription.
  const auto subscription = tell::parse_subscription(all);
  if (subscription.ok() && !subscription->origin.starts_with("https://")) std::abort();
  return 0;
}
