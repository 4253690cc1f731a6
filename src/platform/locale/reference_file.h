// The file script/data makes: "MACHREF1", then for each table its offset and its number of rows (for the pool: bytes),
// then the tables. All words are 32 bits, little endian. A text is an offset into the pool: 16-bit length, UTF-8 bytes.
// Frozen: another layout needs another magic. Internal to locale.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/result.h"

namespace machiya::locale {

struct TownRow { std::uint32_t postal_code, city, town, kana; };           // by postal code
struct CityRow { std::uint32_t code, prefecture, name, prefecture_kana, kana; };  // by code
struct ByCityRow { std::uint32_t town; };                                  // town rows by city, then kana
struct HolidayRow { std::int32_t day; std::uint32_t name, english; };       // by day
struct BankRow { std::uint32_t code, name, kana, first_branch, branches; };  // by code
struct BranchRow { std::uint32_t code, name, kana; };                      // by bank, then code

template <class Row>
struct Rows {
  const Row* data = nullptr;
  std::uint32_t count = 0;
  const Row* begin() const { return data; }
  const Row* end() const { return data + count; }
};

/// The mapped file. Texts and rows are views into it.
class ReferenceFile {
 public:
  ReferenceFile() = default;
  ReferenceFile(const ReferenceFile&) = delete;
  ReferenceFile& operator=(const ReferenceFile&) = delete;
  ~ReferenceFile();
  Result<void> map(const std::string& path);
  std::string_view text(std::uint32_t offset) const;

  Rows<TownRow> towns;
  Rows<CityRow> cities;
  Rows<ByCityRow> by_city;
  Rows<HolidayRow> holidays;
  Rows<BankRow> banks;
  Rows<BranchRow> branches;

 private:
  Result<void> check(const std::string& path);
  template <class Row>
  bool table(int index, Rows<Row>& rows);

  const char* data_ = nullptr;
  std::size_t size_ = 0;
  std::string_view pool_;
};

}  // namespace machiya::locale
