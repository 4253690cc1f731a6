#include "ask/cases/seed_people.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace machiya::cases {
namespace {

struct Name {
  const char* text;
  const char* kana;
};
// Frequent family and given names; combined at random they name nobody in particular.
constexpr std::array<Name, 24> kFamilies = {{{"佐藤", "サトウ"}, {"鈴木", "スズキ"}, {"高橋", "タカハシ"}, {"田中", "タナカ"}, {"伊藤", "イトウ"}, {"渡辺", "ワタナベ"},
    {"山本", "ヤマモト"}, {"中村", "ナカムラ"}, {"小林", "コバヤシ"}, {"加藤", "カトウ"}, {"吉田", "ヨシダ"}, {"山田", "ヤマダ"}, {"佐々木", "ササキ"}, {"山口", "ヤマグチ"},
    {"松本", "マツモト"}, {"井上", "イノウエ"}, {"木村", "キムラ"}, {"林", "ハヤシ"}, {"斎藤", "サイトウ"}, {"清水", "シミズ"}, {"森", "モリ"}, {"池田", "イケダ"},
    {"橋本", "ハシモト"}, {"石川", "イシカワ"}}};
constexpr std::array<Name, 24> kGivens = {{{"花子", "ハナコ"}, {"太郎", "タロウ"}, {"陽菜", "ヒナ"}, {"蓮", "レン"}, {"結衣", "ユイ"}, {"大翔", "ヒロト"}, {"美咲", "ミサキ"},
    {"健太", "ケンタ"}, {"恵子", "ケイコ"}, {"誠", "マコト"}, {"由美", "ユミ"}, {"翔", "ショウ"}, {"葵", "アオイ"}, {"直樹", "ナオキ"}, {"和子", "カズコ"}, {"茂", "シゲル"},
    {"さくら", "サクラ"}, {"悠真", "ユウマ"}, {"真理", "マリ"}, {"隆", "タカシ"}, {"千尋", "チヒロ"}, {"剛", "ツヨシ"}, {"明美", "アケミ"}, {"樹", "イツキ"}}};

/// Metres are enough to spread reports over streets without leaving the ward.
double moved(double degrees, Rng& rng) {
  const double step = (static_cast<double>(rng.below(2001)) - 1000) / 1000 * 0.004;
  return std::round((degrees + step) * 1e6) / 1e6;
}

json::Value number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", v);
  return json::Value::number(text);
}

}  // namespace

FictitiousPerson fictitious_person(std::uint64_t seed, int n) {
  SeededRng rng(seed * 1'000'003 + static_cast<std::uint64_t>(n));
  const Name& family = kFamilies[rng.below(kFamilies.size())];
  const Name& given = kGivens[rng.below(kGivens.size())];
  char email[64];
  std::snprintf(email, sizeof email, "resident%05d@example.jp", n);
  return {family.text, given.text, family.kana, given.kana, email};
}

json::Value for_person(const json::Value& v, const FictitiousPerson& p, int days, Rng& rng) {
  if (v.is_string()) {
    const std::string& text = v.as_string();
    if (auto date = parse_iso_date(text)) return to_iso(add_days(*date, days));
    if (text.find("@example.") != std::string::npos) return p.email;
    return v;
  }
  if (v.is_array()) {
    json::Value out = json::Value::array();
    for (const json::Value& item : v.items()) out.push(for_person(item, p, days, rng));
    return out;
  }
  if (!v.is_object()) return v;
  json::Value out = json::Value::object();
  const bool name = v.has("family") && v.has("given");
  for (const auto& [key, member] : v.members()) {
    if (name && key == "family") out.set(key, p.family);
    else if (name && key == "given") out.set(key, p.given);
    else if (name && key == "family_kana") out.set(key, p.family_kana);
    else if (name && key == "given_kana") out.set(key, p.given_kana);
    else if ((key == "lat" || key == "lon") && member.is_number()) out.set(key, number(moved(member.as_double(), rng)));
    else out.set(key, for_person(member, p, days, rng));
  }
  return out;
}

}  // namespace machiya::cases
