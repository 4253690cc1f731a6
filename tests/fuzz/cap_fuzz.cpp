// Alerts of others: any bytes are read or refused without a crash, and what is read becomes a notice that can be written again and read back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tell/bulletins/cap.h"
#include "tell/bulletins/read_cap.h"
#include "tell/bulletins/signage.h"

using namespace machiya;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 65536) return 0;
  const auto alert = bulletins::read_cap(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!alert.ok()) return 0;
  const auto notice = bulletins::notice_of(*alert);
  if (!notice.ok()) return 0;
  const auto written = bulletins::cap12(*notice);
  if (!written.ok() || !bulletins::read_cap(*written).ok() || !bulletins::signage(*notice).ok()) std::abort();
  return 0;
}
