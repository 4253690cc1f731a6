#include "sense/payloads/senml.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace machiya::sense::payloads {
namespace {

constexpr std::int64_t kHighestVersion = 10;          // §4.4
constexpr double kRelativeBelow = 268'435'456;        // 2^28 s, §4.5.3
constexpr double kFarthest = 253'402'300'800;         // year 10000: what is no instant
constexpr std::array<std::string_view, 15> kKnown{"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"};

/// §4.5.1: letters and digits first, then also - : . / and _.
bool is_name(std::string_view name) {
  const auto alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || !alphanumeric(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return alphanumeric(c) || c == '-' || c == ':' || c == '.' || c == '/' || c == '_'; });
}

/// The base fields that are in force.
struct Base {
  std::string_view name, unit;
  double time = 0;
  std::optional<double> value, sum;
};

/// Reads one record; `problem` keeps the first mistake.
class Record {
 public:
  Record(const tree::Value& json, Base& base, std::int64_t now_us, tree::Arena& arena) : json_(json), base_(base), now_us_(now_us), arena_(arena) {}

  std::string_view read(SenmlRecord& out) {
    take_base();
    read_name(out);
    out.unit = text("u", base_.unit);
    read_value(out);
    read_time(out);
    out.update_s = number("ut").value_or(-1);
    return problem_;
  }

 private:
  void wrong(std::string_view what) {
    if (problem_.empty()) problem_ = what;
  }
  std::optional<double> number(std::string_view member) {
    const tree::Value* v = json_.find(member);
    if (v == nullptr) return std::nullopt;
    const double d = v->is_number() ? v->number() : std::nan("");
    if (std::isfinite(d)) return d;
    wrong("a number is expected");
    return std::nullopt;
  }
  std::string_view text(std::string_view member, std::string_view otherwise) {
    const tree::Value* v = json_.find(member);
    if (v == nullptr) return otherwise;
    if (!v->is_string()) wrong("a text is expected");
    return v->is_string() ? v->text() : otherwise;
  }
  void take_base() {
    base_.name = text("bn", base_.name);
    base_.unit = text("bu", base_.unit);
    if (const auto t = number("bt")) base_.time = *t;
    if (const auto v = number("bv")) base_.value = *v;
    if (const auto s = number("bs")) base_.sum = *s;
  }
  void read_name(SenmlRecord& out) {
    const std::string_view own = text("n", "");
    if (base_.name.empty() || own.empty()) {
      out.name = base_.name.empty() ? own : base_.name;
    } else {
      char* joined = arena_.room<char>(base_.name.size() + own.size());
      std::copy(base_.name.begin(), base_.name.end(), joined);
      std::copy(own.begin(), own.end(), joined + base_.name.size());
      out.name = {joined, base_.name.size() + own.size()};
    }
    if (!is_name(out.name)) wrong("the name is empty or has a character that names have not");
  }
  void read_value(SenmlRecord& out) {
    const tree::Value *v = json_.find("v"), *vs = json_.find("vs"), *vb = json_.find("vb"), *vd = json_.find("vd");
    if ((v != nullptr) + (vs != nullptr) + (vb != nullptr) + (vd != nullptr) > 1) return wrong("there is more than one value");
    if (v != nullptr) {
      out.kind = SenmlKind::number;
      out.number = number("v").value_or(0) + base_.value.value_or(0);
      if (!std::isfinite(out.number)) wrong("the value is out of range");
    } else if (vs != nullptr) {
      out.kind = SenmlKind::text, out.text = text("vs", "");
    } else if (vb != nullptr) {
      if (!vb->is_bool()) wrong("true or false is expected");
      out.kind = SenmlKind::truth, out.number = vb->is_bool() && vb->truth ? 1 : 0;
    } else if (vd != nullptr) {
      out.kind = SenmlKind::data, out.text = text("vd", "");
    }
    const auto sum = number("s");
    if (sum || base_.sum) {   // one that is missing counts as 0
      out.has_sum = true, out.sum = sum.value_or(0) + base_.sum.value_or(0);
      if (!std::isfinite(out.sum)) wrong("the sum is out of range");
    }
    if (out.kind != SenmlKind::none || json_.has("s")) return;
    if (!base_.value) return wrong("there is neither value nor sum");
    out.kind = SenmlKind::number, out.number = *base_.value;
  }
  void read_time(SenmlRecord& out) {
    const double base = base_.time, own = number("t").value_or(0);
    const double seconds = base + own;
    if (!(std::fabs(seconds) < kFarthest) || !(std::fabs(base) < kFarthest) || !(std::fabs(own) < kFarthest)) return wrong("the time is out of range");
    // Each part is rounded alone: together they have more digits than a double.
    out.time_us = static_cast<std::int64_t>(std::llround(base * 1e6)) + static_cast<std::int64_t>(std::llround(own * 1e6));
    if (seconds < kRelativeBelow) out.time_us += now_us_;
  }

  const tree::Value& json_;
  Base& base_;
  std::int64_t now_us_;
  tree::Arena& arena_;
  std::string_view problem_;
};

/// What ends the whole pack.
Result<void> check_members(const tree::Value& record, std::optional<double>& version) {
  for (const tree::Member& m : record.members()) {
    if (std::find(kKnown.begin(), kKnown.end(), m.key) != kKnown.end()) continue;
    if (!m.key.empty() && m.key.back() == '_') return Error(ErrorCode::malformed_request, "a member of a SenML record must be understood and is not", std::string(m.key));
  }
  const tree::Value* v = record.find("bver");
  if (v == nullptr) return {};
  const double told = v->is_number() ? v->number() : 0;
  if (told < 1 || told > static_cast<double>(kHighestVersion) || told != std::floor(told)) return Error(ErrorCode::malformed_request, "a version of SenML above 10 is not known", "bver");
  if (version && *version != told) return Error(ErrorCode::malformed_request, "a SenML pack has one version", "bver");
  version = told;
  return {};
}

}  // namespace

Result<void> read_senml(std::string_view text, std::int64_t now_us, tree::Arena& arena, SenmlPack& out) {
  out.records.clear(), out.errors.clear();
  MACHIYA_TRY(const tree::Value pack, tree::parse(text, arena));
  if (!pack.is_array()) return Error(ErrorCode::malformed_request, "a SenML pack is an array of records");
  std::optional<double> version;
  for (const tree::Value& record : pack.items()) {
    if (!record.is_object()) return Error(ErrorCode::malformed_request, "a SenML record is an object");
    MACHIYA_CHECK(check_members(record, version));
  }
  Base base;
  const auto records = pack.items();
  for (std::size_t i = 0; i < records.size(); ++i) {
    SenmlRecord resolved;
    const std::string_view problem = Record(records[i], base, now_us, arena).read(resolved);
    if (problem.empty()) out.records.push_back(resolved);
    else out.errors.push_back({i, problem});
  }
  return {};
}

}  // namespace machiya::sense::payloads
