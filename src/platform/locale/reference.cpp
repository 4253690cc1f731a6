#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "platform/locale/locale.h"
#include "platform/locale/reference_file.h"

namespace machiya::locale {
namespace {

/// The number written in ASCII or full-width digits, when there are exactly `width` of them.
std::optional<std::uint32_t> code_of(std::string_view text, std::size_t width) {
  std::string digits = digits_of(text);
  if (digits.size() != width) return {};
  std::uint32_t value = 0;
  for (char c : digits) value = value * 10 + static_cast<std::uint32_t>(c - '0');
  return value;
}

std::string padded(std::uint32_t value, int width) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%0*u", width, value);
  return buffer;
}

/// Kana as banks write it has no small letters: キヨウ for キョウ. Both sides of a comparison are folded to large ones.
std::string large_kana(std::string_view folded) {
  static constexpr char32_t kSmall[] = U"ぁぃぅぇぉっゃゅょゎ";
  static constexpr char32_t kLarge[] = U"あいうえおつやゆよわ";
  std::string out;
  for (std::size_t at = 0; at < folded.size();) {
    char32_t c = next_code_point(folded, at);
    for (int i = 0; kSmall[i] != 0; ++i)
      if (c == kSmall[i]) c = kLarge[i];
    append_utf8(c, out);
  }
  return out;
}

}  // namespace

struct ReferenceData::Impl {
  ReferenceFile file;
  std::vector<std::pair<std::string, std::string>> bank_search;  // folded name and kana, in the order of the banks

  Town town(const TownRow& row) const {
    const CityRow& city = file.cities.data[row.city];
    Town out;
    out.postal_code = padded(row.postal_code, 7);
    out.prefecture = file.text(city.prefecture);
    out.city = file.text(city.name);
    out.town = file.text(row.town);
    out.prefecture_kana = file.text(city.prefecture_kana);
    out.city_kana = file.text(city.kana);
    out.town_kana = file.text(row.kana);
    out.city_code = padded(city.code, 5);
    return out;
  }
  const BankRow* bank(std::string_view text) const {
    auto code = code_of(text, 4);
    if (!code) return nullptr;
    auto it = std::lower_bound(file.banks.begin(), file.banks.end(), *code, [](const BankRow& row, std::uint32_t c) { return row.code < c; });
    return it != file.banks.end() && it->code == *code ? it : nullptr;
  }
  Bank bank_value(const BankRow& row) const { return {padded(row.code, 4), std::string(file.text(row.name)), std::string(file.text(row.kana))}; }
  Branch branch_value(const BranchRow& row) const { return {padded(row.code, 3), std::string(file.text(row.name)), std::string(file.text(row.kana))}; }
};

ReferenceData::ReferenceData() : impl_(std::make_unique<Impl>()) {}
ReferenceData::~ReferenceData() = default;

Result<std::unique_ptr<ReferenceData>> ReferenceData::open(const std::string& path) {
  std::unique_ptr<ReferenceData> out(new ReferenceData());
  MACHIYA_CHECK(out->impl_->file.map(path));
  for (const BankRow& row : out->impl_->file.banks)
    out->impl_->bank_search.emplace_back(large_kana(fold_for_search(out->impl_->file.text(row.name))),
                                         large_kana(fold_for_search(out->impl_->file.text(row.kana))));
  return out;
}

std::vector<Town> ReferenceData::towns_of(std::string_view postal_code) const {
  std::vector<Town> out;
  auto code = code_of(postal_code, 7);
  if (!code) return out;
  const auto& rows = impl_->file.towns;
  auto it = std::lower_bound(rows.begin(), rows.end(), *code, [](const TownRow& row, std::uint32_t c) { return row.postal_code < c; });
  for (; it != rows.end() && it->postal_code == *code; ++it) out.push_back(impl_->town(*it));
  return out;
}

std::vector<Town> ReferenceData::towns_in(std::string_view city_code) const {
  std::vector<Town> out;
  auto code = code_of(city_code, 5);
  if (!code) return out;
  const auto& file = impl_->file;
  auto city_of = [&](const ByCityRow& row) { return file.cities.data[file.towns.data[row.town].city].code; };
  auto it = std::lower_bound(file.by_city.begin(), file.by_city.end(), *code, [&](const ByCityRow& row, std::uint32_t c) { return city_of(row) < c; });
  for (; it != file.by_city.end() && city_of(*it) == *code; ++it) {
    const TownRow& row = file.towns.data[it->town];
    if (file.text(row.town).empty()) continue;                               // the code of the whole city
    if (out.empty() || out.back().town != file.text(row.town)) out.push_back(impl_->town(row));  // offices have codes of their own
  }
  return out;
}

std::optional<std::string> ReferenceData::holiday_name(Date date, bool english) const {
  const auto& rows = impl_->file.holidays;
  auto it = std::lower_bound(rows.begin(), rows.end(), date.days, [](const HolidayRow& row, std::int32_t day) { return row.day < day; });
  if (it == rows.end() || it->day != date.days) return {};
  return std::string(impl_->file.text(english ? it->english : it->name));
}

std::optional<Bank> ReferenceData::bank(std::string_view code) const {
  const BankRow* row = impl_->bank(code);
  if (row == nullptr) return {};
  return impl_->bank_value(*row);
}

std::vector<Bank> ReferenceData::banks_matching(std::string_view text, int limit) const {
  std::vector<Bank> out;
  std::string wanted = large_kana(fold_for_search(text));
  if (wanted.empty()) return out;
  for (int pass = 0; pass < 2; ++pass) {  // beginnings first
    for (std::uint32_t i = 0; i < impl_->file.banks.count && static_cast<int>(out.size()) < limit; ++i) {
      const auto& [name, kana] = impl_->bank_search[i];
      bool begins = starts_with(name, wanted) || starts_with(kana, wanted);
      bool inside = name.find(wanted) != std::string::npos || kana.find(wanted) != std::string::npos;
      if (pass == 0 ? begins : inside && !begins) out.push_back(impl_->bank_value(impl_->file.banks.data[i]));
    }
  }
  return out;
}

std::optional<Branch> ReferenceData::branch(std::string_view bank_code, std::string_view branch_code) const {
  const BankRow* bank = impl_->bank(bank_code);
  auto code = code_of(branch_code, 3);
  if (bank == nullptr || !code) return {};
  const BranchRow* first = impl_->file.branches.data + bank->first_branch;
  const BranchRow* last = first + bank->branches;
  auto it = std::lower_bound(first, last, *code, [](const BranchRow& row, std::uint32_t c) { return row.code < c; });
  if (it == last || it->code != *code) return {};
  return impl_->branch_value(*it);
}

std::vector<Branch> ReferenceData::branches_of(std::string_view bank_code) const {
  std::vector<Branch> out;
  const BankRow* bank = impl_->bank(bank_code);
  if (bank == nullptr) return out;
  for (std::uint32_t i = 0; i < bank->branches; ++i) out.push_back(impl_->branch_value(impl_->file.branches.data[bank->first_branch + i]));
  return out;
}

bool is_working_day(Date date, const ReferenceData& data) {
  int day = weekday(date);
  if (day == 0 || day == 6) return false;
  YearMonthDay c = civil(date);
  if ((c.month == 12 && c.day >= 29) || (c.month == 1 && c.day <= 3)) return false;
  return !data.holiday_name(date, false);
}

Date add_working_days(Date from, int days, const ReferenceData& data) {
  Date day = from;
  int step = days < 0 ? -1 : 1;
  for (int left = days < 0 ? -days : days; left > 0;) {
    day = add_days(day, step);
    if (is_working_day(day, data)) --left;
  }
  return day;
}

Date next_working_day(Date date, const ReferenceData& data) {
  while (!is_working_day(date, data)) date = add_days(date, 1);
  return date;
}

}  // namespace machiya::locale
