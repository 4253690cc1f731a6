#include "tell/bulletins/sample/sample.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace machiya::bulletins::sample {
namespace {

constexpr std::array<std::string_view, 6> kLangs = {"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"};
constexpr std::array<std::string_view, 22> kParts = {
    "避難指示を発令しました。", "{川|かわ}の {水|みず}が {増|ふ}えています。", "Leave the river now.", "请立即避难。", "즉시 대피하십시오.", "Hãy sơ tán ngay.",
    "<b>&amp;</b>", "]]>", "\"'`", "--", "<!-- -->", "<![CDATA[x]]>", "\x01\x02\x1f", "\xEF\xBF\xBE", "𠮷野家", "葛\U000E0100飾", "🌊🚨", "\t", "\r\n\r\n", "\n\n", "&#0;", "\xC2\x85\xE2\x80\xA8"};

std::string text(Rng& rng, std::uint64_t most, bool line) {
  std::string out;
  for (std::uint64_t n = rng.below(most) + 1; n > 0; --n) out += kParts[rng.below(kParts.size())];
  if (line) std::replace_if(out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return line && trim(out).empty() ? "題" : out;
}

template <class T>
T any(Rng& rng, int count) { return static_cast<T>(rng.below(static_cast<std::uint64_t>(count))); }

Instant moment(int number) { return Instant{1'780'000'000'000'000 + number * 977 * kSecond}; }
std::string id_of(int number) { return "2.49.0.1.392.machiya-" + std::to_string(number); }

Ring ring(Rng& rng) {
  Ring out;
  const double lat = static_cast<double>(rng.below(178)) - 89, lon = static_cast<double>(rng.below(358)) - 179;
  for (std::uint64_t n = rng.below(30) + 3, i = 0; i < n; ++i)
    out.push_back({lat + static_cast<double>(rng.below(1'000'000)) * 1e-6, lon + static_cast<double>(i) / 100 + static_cast<double>(rng.below(9'999)) * 1e-6});
  if (rng.below(3) == 0) out.push_back(out.front());
  return out;
}

Area area(Rng& rng) {
  Area out;
  out.names.emplace_back("ja", "北区" + text(rng, 2, true));
  if (rng.below(2) == 0) out.names.emplace_back("en", "Kita Ward");
  for (std::uint64_t n = rng.below(3); n > 0; --n) out.polygons.push_back(ring(rng));
  out.codes.emplace_back(kJisMunicipality, "27127");
  if (rng.below(2) == 0) out.codes.emplace_back(kTown, "27127" + std::to_string(rng.below(900'000) + 100'000));
  return out;
}

Hazard hazard(Rng& rng, Instant sent) {
  Hazard out;
  for (std::uint64_t n = rng.below(3) + 1; n > 0; --n) out.categories.push_back(any<Category>(rng, 12));
  for (std::uint64_t n = rng.below(3); n > 0; --n) out.responses.push_back(any<Response>(rng, 9));
  out.urgency = any<Urgency>(rng, 5), out.severity = any<Severity>(rng, 5), out.certainty = any<Certainty>(rng, 5);
  out.level = static_cast<int>(rng.below(6));
  if (rng.below(2) == 0) out.codes.emplace_back("list<&>", text(rng, 2, true));
  if (rng.below(2) == 0) out.onset = Instant{sent.us - kHour};
  return out;
}

Wording wording(Rng& rng, std::string_view lang) {
  Wording w;
  w.lang = lang;
  w.title = text(rng, 3, true);
  w.body = text(rng, 12, false);
  if (rng.below(2) == 0) w.instruction = text(rng, 6, false);
  if (rng.below(2) == 0) w.event = text(rng, 2, true);
  if (rng.below(3) != 0) w.sender = text(rng, 2, true);
  return w;
}

/// An element without elements inside: where it begins and ends, and its name.
struct Leaf {
  std::size_t begin, end;
  std::string name;
};
std::vector<Leaf> leaves(const std::string& xml) {
  std::vector<Leaf> out;
  for (std::size_t at = xml.find('<', 5); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t close = xml.find('>', at);
    const std::string name = xml.substr(at + 1, close - at - 1);
    const std::string end = "</" + name + ">";
    const std::size_t next = xml.find('<', close);
    if (name.empty() || name[0] == '/' || next == std::string::npos || xml.compare(next, end.size(), end) != 0) continue;
    out.push_back({at, next + end.size(), name});
  }
  return out;
}

constexpr std::array<std::string_view, 14> kContents = {"", "Actual", "Met", "Update", "2026-06-03T14:30:00Z", "2026-06-03T14:30:00+09:00", "2026-06-31T14:30:00+09:00", "a b",
                                                        "34.1,135.2 34.3,135.4 34.5,135.6", "34,135 35,135 35,136 34,135", "99,999 35,135 35,136 99,999", "Private", "x,y,z", "ja"};
constexpr std::array<std::string_view, 9> kNames = {"identifier", "scope", "note", "references", "language", "severity", "areaDesc", "polygon", "unknown"};

}  // namespace

Notice notice(Rng& rng, int number) {
  Notice n;
  n.id = id_of(number);
  n.sender = "kiki@city.example";
  n.url = "https://city.example/messages/" + std::to_string(number) + "?a=1&b=2";
  n.cap_url = "https://city.example/messages/" + std::to_string(number) + ".cap";
  n.category = rng.below(4) == 0 ? "<&>" : "disaster";
  n.published = n.sent = moment(number);
  if (rng.below(3) != 0) n.expires = Instant{n.sent.us + kDay};
  n.status = any<Status>(rng, 3);
  n.act = number == 0 ? Act::alert : any<Act>(rng, 3);
  if (n.act != Act::alert) {
    for (int k = std::max(0, number - 3); k < number; ++k) n.references.push_back({n.sender, id_of(k), moment(k)});
    n.thread = n.references.front().id;
    n.published = n.references.front().sent;
  }
  if (rng.below(2) == 0) n.note = text(rng, 2, false);
  n.hazard = hazard(rng, n.sent);
  for (const std::string_view lang : kLangs)
    if (rng.below(2) == 0) n.wordings.push_back(wording(rng, lang));
  if (n.wordings.empty()) n.wordings.push_back(wording(rng, "ja"));
  if (rng.below(2) == 0) std::reverse(n.wordings.begin(), n.wordings.end());
  for (std::uint64_t k = rng.below(4); k > 0; --k) n.areas.push_back(area(rng));
  return n;
}

std::string mutated(const std::string& cap, Rng& rng) {
  const auto all = leaves(cap);
  const Leaf& leaf = all[rng.below(all.size())];
  const std::string whole = cap.substr(leaf.begin, leaf.end - leaf.begin);
  auto with = [&](const std::string& other) { return cap.substr(0, leaf.begin) + other + cap.substr(leaf.end); };
  switch (rng.below(6)) {
    case 0: return with("");
    case 1: return with(whole + whole);
    case 2: {
      const std::string name(kNames[rng.below(kNames.size())]);
      return with("<" + name + ">" + whole.substr(leaf.name.size() + 2, whole.size() - 2 * leaf.name.size() - 5) + "</" + name + ">");
    }
    case 3: {
      const Leaf& other = all[rng.below(all.size())];
      if (other.begin <= leaf.end) return with("<wrong>" + whole + "</wrong>");
      return cap.substr(0, leaf.begin) + cap.substr(leaf.end, other.end - leaf.end) + whole + cap.substr(other.end);
    }
    case 4: return with("<" + leaf.name + ">" + std::string(kContents[rng.below(kContents.size())]) + "</" + leaf.name + ">");
    default: return with(whole.substr(0, whole.find('>') + 1) + "<x/>" + whole.substr(whole.find('>') + 1));
  }
}

}  // namespace machiya::bulletins::sample
