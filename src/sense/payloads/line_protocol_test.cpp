#include "sense/payloads/line_protocol.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <regex>

namespace machiya::sense::payloads {
namespace {

/// A line as plain texts, to compare.
struct Plain {
  std::size_t number = 0;
  bool wrong = false;
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::string> fields;   // key=kind:value
  std::int64_t time = Line::kNoTime;
  friend bool operator==(const Plain&, const Plain&) = default;
};
std::ostream& operator<<(std::ostream& out, const Plain& p) {
  out << p.number << (p.wrong ? " wrong " : " ") << p.measurement;
  for (const auto& [k, v] : p.tags) out << " [" << k << "|" << v << "]";
  for (const auto& f : p.fields) out << " {" << f << "}";
  return out << " " << p.time;
}

std::string plain(std::string_view written) {
  std::string out;
  unescape(written, out);
  return out;
}

std::vector<Plain> ours(const std::string& body, Precision precision) {
  std::vector<Plain> out;
  LineReader reader(body, precision);
  for (;;) {
    const auto got = reader.next();
    if (got == LineReader::Got::end) return out;
    Plain p;
    if (got == LineReader::Got::error) {
      p.number = reader.error.number, p.wrong = true;
      EXPECT_FALSE(reader.error.what.empty());
      out.push_back(p);
      continue;
    }
    const Line& line = reader.line;
    p.number = line.number, p.measurement = plain(line.measurement), p.time = line.time_us;
    std::string tags = std::string(line.tags);
    static const std::regex kTag(R"(((?:\\[^]|[^\\=])+)=((?:\\[^]|[^\\,]|\\)+),?)");
    for (std::sregex_iterator at(tags.begin(), tags.end(), kTag), end; at != end; ++at) p.tags.emplace_back(plain(at->str(1)), plain(at->str(2)));
    for (const Field& f : line.fields) {
      std::string text;
      if (f.kind == FieldKind::text) unescape_text(f.text, text);
      else text = f.kind == FieldKind::integer ? std::to_string(f.integer) : f.kind == FieldKind::unsigned_integer ? std::to_string(static_cast<std::uint64_t>(f.integer)) : std::to_string(f.number);
      p.fields.push_back(plain(f.key) + "=" + std::to_string(static_cast<int>(f.kind)) + ":" + text);
    }
    out.push_back(p);
  }
}

/// The same by regular expressions, slowly, one piece after the other.
class Reference {
 public:
  Reference(const std::string& body, Precision precision) : body_(body), precision_(precision) {}
  std::vector<Plain> read() {
    std::vector<Plain> out;
    std::size_t number = 0;
    while (at_ < body_.size()) {
      ++number;
      const std::size_t start = at_;
      take(R"( *)");
      if (!looking_at(R"(\r?(\n|$)|#)")) {
        Plain p;
        p.number = number;
        if (!line(p)) p = {number, true, {}, {}, {}, Line::kNoTime};
        out.push_back(p);
      }
      number += static_cast<std::size_t>(std::count(body_.begin() + static_cast<std::ptrdiff_t>(start), body_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
      at_ = std::min(body_.find('\n', at_), body_.size() - 1) + 1;
    }
    return out;
  }

 private:
  bool match(const char* pattern, std::smatch& m) {
    static std::map<std::string, std::regex> known;
    auto& expression = known.try_emplace(pattern, std::regex(pattern)).first->second;
    return std::regex_search(body_.cbegin() + static_cast<std::ptrdiff_t>(at_), body_.cend(), m, expression, std::regex_constants::match_continuous);
  }
  bool looking_at(const char* pattern) {
    std::smatch m;
    return match(pattern, m);
  }
  bool take(const char* pattern, std::string* out = nullptr) {
    std::smatch m;
    if (!match(pattern, m)) return false;
    if (out != nullptr) *out = m.str();
    at_ += static_cast<std::size_t>(m.length());
    return true;
  }
  static std::string plain(const std::string& s) { return std::regex_replace(s, std::regex(R"(\\([,= ]))"), "$1"); }
  bool line(Plain& p) {
    std::string text;
    if (!take(R"((\\[^\n]|[^\\, \n]|\\(?=\n|$))+)", &text)) return false;
    p.measurement = plain(text);
    while (take(",")) {
      std::string key, value;
      if (!take(R"((\\[^\n]|[^\\,= \n]|\\(?=\n|$))+)", &key) || !take("=") || !take(R"((\\[^\n]|[^\\,= \n]|\\(?=\n|$))+)", &value)) return false;
      p.tags.emplace_back(plain(key), plain(value));
    }
    if (!take(" +")) return false;
    do {
      if (!field(p)) return false;
    } while (take(","));
    return time(p);
  }
  bool field(Plain& p) {
    std::string key, value;
    if (!take(R"((\\[^\n]|[^\\,= \n]|\\(?=\n|$))+)", &key) || !take("=")) return false;
    key = plain(key) + "=";
    if (looking_at("\"")) {
      if (!take(R"("(\\[^]|[^\\"])*")", &value)) return ++at_, false;
      value = std::regex_replace(value.substr(1, value.size() - 2), std::regex(R"(\\(["\\]))"), "$1");
      p.fields.push_back(key + "4:" + value);
      return looking_at(R"([, ]|\r?(\n|$))");
    }
    if (!take(R"(((?!\r(\n|$))[^, \n])+)", &value)) return false;
    static const std::regex kReal(R"([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?)"), kInteger("-?[0-9]+i"), kUnsigned("[0-9]+u"), kTrue("t|T|true|True|TRUE"), kFalse("f|F|false|False|FALSE");
    errno = 0;
    if (std::regex_match(value, kReal)) {
      const double d = std::strtod(value.c_str(), nullptr);
      p.fields.push_back(key + "0:" + std::to_string(d));
      return std::isfinite(d);
    }
    if (std::regex_match(value, kInteger)) return p.fields.push_back(key + "1:" + std::to_string(std::strtoll(value.c_str(), nullptr, 10))), errno == 0;
    if (std::regex_match(value, kUnsigned)) return p.fields.push_back(key + "2:" + std::to_string(std::strtoull(value.c_str(), nullptr, 10))), errno == 0;
    if (std::regex_match(value, kTrue)) return p.fields.push_back(key + "3:" + std::to_string(1.0)), true;
    return p.fields.push_back(key + "3:" + std::to_string(0.0)), std::regex_match(value, kFalse);
  }
  bool time(Plain& p) {
    std::string text;
    take(" *");
    if (looking_at(R"(\r?(\n|$))")) return true;
    if (!take("-?[0-9]+", &text)) return false;
    take(" *");
    if (!looking_at(R"(\r?(\n|$))")) return false;
    errno = 0;
    const __int128 units = std::strtoll(text.c_str(), nullptr, 10);
    if (errno != 0) return false;
    const __int128 us = precision_.us_per_unit == 0 ? (units - (units < 0 ? 999 : 0)) / 1000 : units * precision_.us_per_unit;
    p.time = static_cast<std::int64_t>(us);
    return us == p.time && p.time != Line::kNoTime;
  }

  const std::string& body_;
  Precision precision_;
  std::size_t at_ = 0;
};

/// Lines that are mostly right.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string body() {
    std::string out;
    for (int n = 1 + below(6); n > 0; --n) out += line() + (below(8) == 0 ? "\r\n" : "\n");
    if (below(4) == 0 && !out.empty()) out.pop_back();
    static const std::string kSpoilers = ",= \"\\\n\r#iu.e-19t";
    for (int n = below(3) == 0 ? 1 + below(3) : 0; n > 0; --n) {
      const auto at = static_cast<std::size_t>(below(static_cast<int>(out.size() + 1)));
      if (below(2)) out.insert(at, 1, kSpoilers[static_cast<std::size_t>(below(static_cast<int>(kSpoilers.size())))]);
      else if (at < out.size()) out.erase(at, 1);
    }
    return out;
  }

 private:
  std::string word() {
    static const char* const kPieces[] = {"a", "水", "b1", "\\,", "\\ ", "\\=", "\\\\", "-", "x\\y", "\""};
    std::string out;
    for (int n = 1 + below(3); n > 0; --n) out += kPieces[below(10)];
    return out;
  }
  std::string value() {
    static const char* const kValues[] = {"1", "-2.5", "1e3", "12i", "-9223372036854775808i", "18446744073709551615u", "t", "False", "TRUE", "\"a b\"", "\"q\\\"\\\\,=\"", "\"two\nlines\"", "0.1",
                                          "9223372036854775808i", "-1u", "1e400", "1e-400", "nan", "123456789012345678901234567890", ".5", "5."};
    return kValues[below(21)];
  }
  std::string line() {
    if (below(10) == 0) return below(2) ? "# a remark, with =" : "";
    std::string out = word();
    for (int n = below(3); n > 0; --n) out += "," + word() + "=" + word();
    out += " ";
    for (int n = 1 + below(3); n > 0; --n) out += word() + "=" + value() + (n > 1 ? "," : "");
    if (below(4)) out += " " + std::to_string(static_cast<std::int64_t>(random_() >> below(60)) * (below(5) ? 1 : -1));
    return out;
  }
  std::mt19937_64 random_;
};

TEST(LineProtocol, random_bodies_are_read_as_the_reference_reads_them) {
  std::size_t lines = 0, wrong = 0;
  for (unsigned seed = 0; seed < 600 && !HasFailure(); ++seed) {
    Writer writer(seed);
    const std::string body = writer.body();
    const char* const kNames[] = {"ns", "us", "ms", "s", "m", "h"};
    Precision precision;
    ASSERT_TRUE(Precision::parse(kNames[seed % 6], precision));
    const auto got = ours(body, precision), expected = Reference(body, precision).read();
    ASSERT_EQ(got, expected) << "seed " << seed << "\n" << body;
    for (const Plain& p : got) ++lines, wrong += p.wrong;
  }
  EXPECT_GT(wrong, lines / 20);
  EXPECT_LT(wrong, lines * 2 / 3);
}

TEST(LineProtocol, mistakes_keep_their_line_and_no_other) {
  const std::string body = "a b=1 5\nnonsense\n\n# remark\nc,t=1 d=\"x\ny\",e=2i\nf g=oops\nh i=t 7";
  LineReader reader(body, {1'000'000});
  ASSERT_EQ(reader.next(), LineReader::Got::line);
  EXPECT_EQ(reader.line.time_us, 5'000'000);
  ASSERT_EQ(reader.next(), LineReader::Got::error);
  EXPECT_EQ(reader.error.number, 2u);
  ASSERT_EQ(reader.next(), LineReader::Got::line);
  EXPECT_EQ(reader.line.number, 5u);
  EXPECT_EQ(reader.line.fields.size(), 2u);
  ASSERT_EQ(reader.next(), LineReader::Got::error);
  EXPECT_EQ(reader.error.number, 7u);
  ASSERT_EQ(reader.next(), LineReader::Got::line);
  EXPECT_EQ(reader.line.fields[0].number, 1);
  EXPECT_EQ(reader.next(), LineReader::Got::end);
}

TEST(LineProtocol, tags_in_another_order_are_the_same_series) {
  LineReader reader("m,b=2,a=1,c=3\\,x v=1\nm,a=1,b=2 v=1", {});
  ASSERT_EQ(reader.next(), LineReader::Got::line);
  EXPECT_FALSE(reader.line.tags_in_order);
  std::string ordered;
  put_in_order(reader.line.tags, ordered);
  EXPECT_EQ(ordered, "a=1,b=2,c=3\\,x");
  ASSERT_EQ(reader.next(), LineReader::Got::line);
  EXPECT_TRUE(reader.line.tags_in_order);
}

TEST(LineProtocol, numbers_are_the_nearest_doubles) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 200'000; ++i) {
    char text[64];
    if (i % 3 == 0) std::snprintf(text, sizeof text, "%.*f", static_cast<int>(random() % 8), static_cast<double>(static_cast<std::int64_t>(random()) >> (random() % 60)) / 1000.0);
    else if (i % 3 == 1) std::snprintf(text, sizeof text, "%llu.%llu", static_cast<unsigned long long>(random() >> (random() % 60)), static_cast<unsigned long long>(random() >> (random() % 60)));
    else std::snprintf(text, sizeof text, "%.*g", 1 + static_cast<int>(random() % 18), std::bit_cast<double>(random() & 0x7fdfffffffffffffu));
    double got = 0;
    ASSERT_TRUE(parse_number(text, got)) << text;
    EXPECT_EQ(got, std::strtod(text, nullptr)) << text;
  }
}

}  // namespace
}  // namespace machiya::sense::payloads
