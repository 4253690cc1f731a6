#include "tell/bulletins/spoken_numbers.h"

#include <array>
#include <vector>

#include "base/text.h"

namespace machiya::bulletins {
namespace {

constexpr std::array<std::string_view, 10> kDigit = {"ぜろ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"};
constexpr std::array<std::string_view, 10> kHundred = {"", "ひゃく", "にひゃく", "さんびゃく", "よんひゃく", "ごひゃく", "ろっぴゃく", "ななひゃく", "はっぴゃく", "きゅうひゃく"};
constexpr std::array<std::string_view, 10> kThousand = {"", "せん", "にせん", "さんぜん", "よんせん", "ごせん", "ろくせん", "ななせん", "はっせん", "きゅうせん"};
constexpr std::array<std::string_view, 4> kGroup = {"", "まん", "おく", "ちょう"};

struct Counter {
  std::string_view written, reading, after_tsu, after_three, after_four, tsu, digits, whole;
};
constexpr Counter kCounters[] = {
#define MACHIYA_COUNTER(written, reading, after_tsu, after_three, after_four, tsu, digits, whole) {written, reading, after_tsu, after_three, after_four, tsu, digits, whole},
#include "tell/bulletins/spoken_counters.def"
};

/// The reading of `key` in "4よ,7しち"; nullptr-like "" when it has none.
std::string_view reading_of(std::string_view list, std::string_view key) {
  for (std::string_view item : split(list, ',')) {
    const std::size_t digits = item.find_first_not_of("0123456789");
    if (digits != std::string_view::npos && item.substr(0, digits) == key) return item.substr(digits);
  }
  return {};
}

void below_ten_thousand(unsigned n, bool leading, std::string& out) {
  if (n >= 1000) out += n / 1000 == 1 && !leading ? "いっせん" : kThousand[n / 1000];
  out += kHundred[n / 100 % 10];
  if (const unsigned tens = n / 10 % 10; tens > 0) (out += tens == 1 ? "" : kDigit[tens]) += "じゅう";
  if (n % 10 > 0) out += kDigit[n % 10];
}

/// いち, はち, じゅう before ちょう take っ.
void append_group(unsigned n, std::size_t group, bool leading, std::string& out) {
  std::string words;
  below_ten_thousand(n, leading && group == 0, words);
  if (group == 3)
    for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{"いち", "いっ"}, {"はち", "はっ"}, {"じゅう", "じゅっ"}})
      if (words.size() >= from.size() && words.compare(words.size() - from.size(), from.size(), from) == 0) words.replace(words.size() - from.size(), from.size(), to);
  (out += words) += kGroup[group];
}

bool ends_with(std::string_view text, std::string_view end) { return text.size() >= end.size() && text.substr(text.size() - end.size()) == end; }

/// いち → いっ, ろく → ろっ, はち → はっ, じゅう → じゅっ, ひゃく → ひゃっ.
std::string with_small_tsu(std::string words) {
  for (const std::string_view end : {"いち", "ろく", "はち", "じゅう", "ひゃく", "ぴゃく", "びゃく"})
    if (ends_with(words, end)) {
      words.resize(words.size() - 3);   // the last kana: three bytes
      return words + "っ";
    }
  return words;
}

std::string counted(std::uint64_t n, const Counter& c) {
  if (const auto whole = reading_of(c.whole, std::to_string(n)); !whole.empty()) return std::string(whole);
  const std::string last(1, static_cast<char>('0' + n % 10));
  std::string words = spoken_number(n);
  if (const auto other = reading_of(c.digits, last); !other.empty() && (n % 10 != 0 || n == 0)) {
    words.resize(words.size() - kDigit[n % 10].size());
    return words + std::string(other) + std::string(c.reading);
  }
  // The 0 of `tsu` stands for じゅう and ひゃく (the latter with か・は rows only, as 6 does), not for せん and まん.
  const bool round = n % 10 == 0 && n > 0;
  const bool hundred = round && ends_with(words, "ゃく");
  const bool ten = round && ends_with(words, "じゅう");
  const bool tsu = c.tsu.find(last) != std::string_view::npos && (!round || ten || (hundred && c.tsu.find('6') != std::string_view::npos));
  if (tsu && n > 0) return with_small_tsu(std::move(words)) + std::string(c.after_tsu);
  const bool three = last == "3" || (round && (ends_with(words, "せん") || ends_with(words, "ぜん") || ends_with(words, "まん")));
  if (three && !c.after_three.empty()) return words + std::string(c.after_three);
  if (last == "4" && !c.after_four.empty()) return words + std::string(c.after_four);
  return words + std::string(c.reading);
}

const Counter* counter_at(std::string_view text) {
  for (const Counter& c : kCounters)
    if (starts_with(text, c.written)) return &c;
  return nullptr;
}

/// Full-width digits and the signs between digits as ASCII, so that one scanner serves both.
std::string narrow_numbers(std::string_view text) {
  std::u32string in = to_utf32(text);
  auto digit = [](char32_t c) { return (c >= U'0' && c <= U'9') || (c >= U'０' && c <= U'９'); };
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] >= U'０' && in[i] <= U'９') in[i] = in[i] - U'０' + U'0';
    if (i == 0 || i + 1 >= in.size() || !digit(in[i - 1]) || !digit(in[i + 1])) continue;
    if (in[i] == U'．') in[i] = U'.';
    if (in[i] == U'，') in[i] = U',';
    if (in[i] == U'：') in[i] = U':';
    if (in[i] == U'－' || in[i] == U'‐' || in[i] == U'−') in[i] = U'-';
  }
  return to_utf8(in);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  std::string run() {
    while (at_ < text_.size()) {
      if (is_digit(text_[at_])) number();
      else out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  std::string_view digits_from(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return text_.substr(at, end - at);
  }
  /// Digit groups joined by hyphens, three of them: a telephone number.
  bool telephone() {
    std::vector<std::string_view> groups = {digits_from(at_)};
    std::size_t end = at_ + groups[0].size();
    while (end + 1 < text_.size() && text_[end] == '-' && is_digit(text_[end + 1])) {
      groups.push_back(digits_from(end + 1));
      end += 1 + groups.back().size();
    }
    if (groups.size() < 3) return false;
    for (std::size_t i = 0; i < groups.size(); ++i) (out_ += i == 0 ? "" : "の") += spoken_digits(groups[i]);
    at_ = end;
    return true;
  }
  /// "14:30".
  bool time_of_day() {
    const std::string_view hour = digits_from(at_);
    const std::size_t colon = at_ + hour.size();
    if (hour.size() > 2 || colon >= text_.size() || text_[colon] != ':') return false;
    const std::string_view minute = digits_from(colon + 1);
    if (minute.size() != 2) return false;
    out_ += with_spoken_numbers(std::string(hour) + "時" + (minute == "00" ? std::string() : std::to_string(std::stoi(std::string(minute))) + "分"));
    at_ = colon + 1 + minute.size();
    return true;
  }
  void number() {
    if (telephone() || time_of_day()) return;
    std::string digits(digits_from(at_));
    at_ += digits.size();
    while (at_ + 3 < text_.size() && text_[at_] == ',' && digits_from(at_ + 1).size() == 3) {   // 1,200
      digits += digits_from(at_ + 1);
      at_ += 4;
    }
    if (digits.size() > 16) out_ += spoken_digits(digits);
    else if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) decimal(digits);
    else whole(digits);
    for (const std::string_view range : {"〜", "～"})
      if (starts_with(text_.substr(at_), range) && at_ + range.size() < text_.size() && is_digit(text_[at_ + range.size()])) {
        out_ += "から";
        at_ += range.size();
      }
  }
  void whole(const std::string& digits) {
    const std::uint64_t n = std::stoull(digits);
    if (const Counter* c = counter_at(text_.substr(at_))) {
      out_ += counted(n, *c);
      at_ += c->written.size();
    } else {
      out_ += spoken_number(n);
    }
  }
  void decimal(const std::string& digits) {
    const std::string_view fraction = digits_from(at_ + 1);
    const std::uint64_t n = std::stoull(digits);
    ((out_ += n == 0 ? "れい" : spoken_number(n)) += "てん") += spoken_digits(fraction);
    at_ += 1 + fraction.size();
    if (const Counter* c = counter_at(text_.substr(at_))) {
      out_ += c->reading;
      at_ += c->written.size();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string spoken_number(std::uint64_t n) {
  if (n == 0) return "ぜろ";
  std::string out;
  unsigned groups[5] = {};
  for (unsigned& group : groups) group = static_cast<unsigned>(n % 10'000), n /= 10'000;
  for (std::size_t g = 4; g-- > 0;)
    if (groups[g] > 0) append_group(groups[g], g, out.empty(), out);
  return out;
}

std::string spoken_digits(std::string_view digits) {
  std::string out;
  for (const char c : digits) out += kDigit[static_cast<std::size_t>(c - '0')];
  return out;
}

std::string with_spoken_numbers(std::string_view text) { return Scanner(narrow_numbers(text)).run(); }

}  // namespace machiya::bulletins
