#include "sense/history/duration.h"

#include <array>
#include <charconv>

#include "base/time.h"

namespace machiya::sense {
namespace {

constexpr double kMost = 9999.0 * 366 * 86'400;   // seconds

struct Part {
  char letter;
  bool time;               // behind the T
  std::int64_t unit_us;    // 0: months
  std::int64_t months;
};
constexpr std::array<Part, 7> kParts = {{{'Y', false, 0, 12}, {'M', false, 0, 1}, {'W', false, 7 * kDay, 0}, {'D', false, kDay, 0}, {'H', true, kHour, 0}, {'M', true, kMinute, 0}, {'S', true, kSecond, 0}}};

// The number at the beginning of `text`; nothing when there is none. "1.5" and "1,5" are the same.
std::optional<double> number(std::string_view& text, bool& broken) {
  std::size_t n = 0, marks = 0;
  std::array<char, 24> plain{};
  for (; n < text.size() && n < plain.size() && ((text[n] >= '0' && text[n] <= '9') || text[n] == '.' || text[n] == ','); ++n) {
    plain[n] = text[n] == ',' ? '.' : text[n];
    marks += plain[n] == '.';
  }
  if (n == 0 || marks > 1 || plain[0] == '.' || plain[n - 1] == '.') return std::nullopt;
  double out = 0;
  std::from_chars(plain.data(), plain.data() + n, out);
  text.remove_prefix(n), broken = marks > 0;
  return out;
}

}  // namespace

std::int64_t Duration::after(std::int64_t from_us, std::int64_t times) const {
  if (months == 0) return from_us + us * times;
  const std::int64_t days = from_us >= 0 ? from_us / kDay : -((-from_us + kDay - 1) / kDay);
  const Date date = add_months(Date{static_cast<std::int32_t>(days)}, static_cast<int>(months * times));
  return date.days * kDay + (from_us - days * kDay) + us * times;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.size() < 3 || text[0] != 'P') return std::nullopt;
  text.remove_prefix(1);
  Duration out;
  bool time = false, weeks = false, last = false;
  std::size_t next = 0, parts = 0;
  double seconds = 0;
  while (!text.empty()) {
    if (text[0] == 'T') {
      if (time || text.size() == 1) return std::nullopt;
      time = true, text.remove_prefix(1);
      continue;
    }
    bool broken = false;
    const auto n = number(text, broken);
    if (!n || text.empty() || last || weeks) return std::nullopt;
    while (next < kParts.size() && (kParts[next].letter != text[0] || kParts[next].time != time)) ++next;
    if (next == kParts.size()) return std::nullopt;
    const Part& part = kParts[next++];
    weeks = part.letter == 'W', last = broken, ++parts;
    if ((weeks && parts > 1) || (broken && part.months > 0)) return std::nullopt;
    seconds += *n * static_cast<double>(part.months > 0 ? part.months * 31 * kDay : part.unit_us) / static_cast<double>(kSecond);
    if (seconds > kMost) return std::nullopt;
    if (part.months > 0) out.months += static_cast<std::int64_t>(*n) * part.months;
    if (part.months == 0) out.us += static_cast<std::int64_t>(*n * static_cast<double>(part.unit_us) + 0.5);
    text.remove_prefix(1);
  }
  return parts > 0 ? std::optional(out) : std::nullopt;
}

}  // namespace machiya::sense
