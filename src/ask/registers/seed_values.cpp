#include "ask/registers/seed_values.h"

#include <algorithm>

#include "ask/registers/register_scenario.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

SeedValues::SeedValues(const city::City& city, Date today, Rng& rng) : city_(city), today_(today), rng_(rng) {
  const auto take = [&](const std::string& reg, const Value& values) {
    for (const auto& [name, value] : values.members())
      if (!value.is_null() && (value.as_string().empty() || value.as_string()[0] != '$')) pool_[reg + "/" + name].push_back(value);
  };
  for (const city::Loaded* loaded : city.all("register-scenario")) {
    const auto* scenario = dynamic_cast<const Scenario*>(loaded->definition.get());
    if (scenario == nullptr) continue;
    for (const ScenarioRow& row : scenario->rows) take(row.register_id, row.values);
    for (const ScenarioStep& step : scenario->steps) take(step.register_id, step.values);
  }
}

const Value* SeedValues::told(const Register& reg, const Column& column) {
  const auto found = pool_.find(reg.id + "/" + column.name);
  return found == pool_.end() ? nullptr : &found->second[rng_.below(found->second.size())];
}

Value SeedValues::of(const Register& reg, const Column& column, const Value& row) {
  if (column.kind == ColumnKind::relation) {
    const auto& numbers = rows_[column.relation];
    return numbers.empty() ? Value() : Value(numbers[rng_.below(numbers.size())]);
  }
  switch (column.type) {
    case AnswerType::choice: return column.question->options.empty() ? Value() : Value(column.question->options[rng_.below(column.question->options.size())].value);
    case AnswerType::choices: {
      Value out = Value::array();
      if (!column.question->options.empty()) out.push(column.question->options[rng_.below(column.question->options.size())].value);
      return out;
    }
    case AnswerType::yes_no: return Value(rng_.below(2) == 0);
    case AnswerType::declaration: return Value(true);
    case AnswerType::date: return date();
    case AnswerType::number: case AnswerType::money: return number(reg, column);
    case AnswerType::digits: {
      std::string out;
      const int length = column.question->length > 0 ? column.question->length : 6;
      for (int i = 0; i < length; ++i) out += static_cast<char>('0' + rng_.below(10));
      return Value(out);
    }
    case AnswerType::name: return name();
    case AnswerType::email: return Value("demo" + std::to_string(rng_.below(1000)) + "@example.jp");
    case AnswerType::phone: return Value("06-0000-" + std::to_string(1000 + rng_.below(9000)));
    case AnswerType::place: return place(row);
    case AnswerType::text: case AnswerType::long_text: return text(reg, column);
    default: return {};   // files, addresses, accounts: a demonstration does without
  }
}

/// What a scenario says there, so that it reads like the section's own work; a number behind it keeps rows apart.
Value SeedValues::text(const Register& reg, const Column& column) {
  const Value* said = told(reg, column);
  if (!column.question->pattern.empty()) return Value(said != nullptr && said->is_string() ? renumbered(said->as_string()) : text_like(column.question->pattern, rng_));
  const bool names = column.name == reg.title || column.unique;
  const std::string base = said != nullptr && said->is_string() ? said->as_string() : "架空の" + column.label.in("ja");
  return Value(names ? base + " " + std::to_string(1 + rng_.below(300)) : base);
}

/// "K2026-014" with other digits in its last group.
std::string SeedValues::renumbered(std::string text) {
  std::size_t end = text.find_last_of("0123456789");
  for (; end != std::string::npos && end < text.size() && text[end] >= '0' && text[end] <= '9'; --end) {
    text[end] = static_cast<char>('0' + rng_.below(10));
    if (end == 0) break;
  }
  return text;
}

Value SeedValues::number(const Register& reg, const Column& column) {
  const auto bound = [](const interview::Formula& f) -> std::optional<std::int64_t> {
    const auto value = f.expression ? f.expression.evaluate(std::vector<feel::Value>(), feel::Environment(Instant{0})) : Result<feel::Value>(ErrorCode::not_found);
    return value.ok() && value->number() != nullptr ? value->number()->to_int64() : std::nullopt;
  };
  const std::int64_t low = bound(column.question->min).value_or(0);
  const auto high = bound(column.question->max);
  if (low >= 1868 && high && *high <= 2200) return Value(std::max<std::int64_t>(low, feel::to_civil(today_).year - between(0, 30)));   // a year
  const bool counted = std::any_of(reg.unique.begin(), reg.unique.end(), [&](const auto& names) { return std::find(names.begin(), names.end(), column.name) != names.end(); });
  if (counted) return Value(high ? between(low, *high) : between(low, low + 60));   // part of a combination that may not repeat
  const Value* said = told(reg, column);
  const std::int64_t usual = said != nullptr && said->is_number() ? std::max<std::int64_t>(1, said->as_int()) : column.type == AnswerType::money ? 800'000 : 20;
  std::int64_t out = std::max(low, usual * between(40, 180) / 100);
  if (column.type == AnswerType::money && out > 10'000) out -= out % 1'000;
  if (out > 1'000 && column.type == AnswerType::number) out -= out % 10;
  return Value(high ? std::min(out, *high) : out);
}

/// Around today: reminders, calendars and boards have something to show.
Value SeedValues::date() { return Value(to_iso(add_days(today_, static_cast<int>(rng_.below(10) < 7 ? -between(0, 240) : between(1, 240))))); }

Value SeedValues::name() {
  static constexpr std::pair<const char*, const char*> kFamilies[] = {{"町家", "マチヤ"}, {"浪花", "ナニワ"}, {"天満", "テンマ"}, {"堂島", "ドウジマ"}, {"淀川", "ヨドガワ"}, {"中之島", "ナカノシマ"}};
  static constexpr std::pair<const char*, const char*> kGiven[] = {{"花子", "ハナコ"}, {"太郎", "タロウ"}, {"渡", "ワタル"}, {"澪", "ミオ"}, {"架空", "カクウ"}, {"例", "レイ"}};
  const auto& family = kFamilies[rng_.below(std::size(kFamilies))];
  const auto& given = kGiven[rng_.below(std::size(kGiven))];
  return Value::object({{"family", family.first}, {"given", given.first}, {"family_kana", family.second}, {"given_kana", given.second}});
}

/// Near the middle of the row's ward, within about 900 m.
Value SeedValues::place(const Value& row) {
  if (city_.wards().empty()) return {};
  const city::Ward* ward = city_.ward(row.text("ward"));
  if (ward == nullptr) ward = &city_.wards()[rng_.below(city_.wards().size())];
  const auto degrees = [&](double middle) {
    const auto micro = static_cast<std::int64_t>(middle * 1e6) + between(-8'000, 8'000);
    const std::string rest = std::to_string(1'000'000 + micro % 1'000'000).substr(1);
    return Value::number(std::to_string(micro / 1'000'000) + "." + rest);
  };
  return Value::object({{"lat", degrees(ward->lat)}, {"lon", degrees(ward->lon)}});
}

std::string text_like(std::string_view pattern, Rng& rng) {
  std::string out;
  const auto one_of = [&](const std::string& set) { return set.empty() ? '-' : set[rng.below(set.size())]; };
  for (std::size_t i = 0; i < pattern.size();) {
    std::string set;
    if (pattern[i] == '[') {
      for (++i; i < pattern.size() && pattern[i] != ']'; ++i) {
        if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
          for (char c = pattern[i]; c <= pattern[i + 2]; ++c) set += c;
          i += 2;
        } else {
          set += pattern[i];
        }
      }
      ++i;
    } else if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      set = pattern[i + 1] == 'd' ? "0123456789" : std::string(1, pattern[i + 1]);
      i += 2;
    } else {
      set = pattern[i] == '.' ? "demo" : std::string(1, pattern[i]);
      ++i;
    }
    std::uint64_t low = 1, high = 1;
    if (i < pattern.size() && pattern[i] == '{') {
      const std::size_t end = pattern.find('}', i), comma = pattern.find(',', i);
      low = high = std::strtoul(pattern.data() + i + 1, nullptr, 10);
      if (comma < end) high = std::max<std::uint64_t>(low, std::strtoul(pattern.data() + comma + 1, nullptr, 10));
      i = end == std::string_view::npos ? pattern.size() : end + 1;
    } else if (i < pattern.size() && (pattern[i] == '+' || pattern[i] == '*')) {
      low = 6, high = 9, ++i;
    } else if (i < pattern.size() && pattern[i] == '?') {
      low = 0, ++i;
    }
    for (std::uint64_t n = low + rng.below(high - low + 1); n > 0; --n) out += one_of(set);
  }
  return out;
}

}  // namespace machiya::registers
