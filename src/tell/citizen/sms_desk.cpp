#include "tell/citizen/sms_desk.h"

#include "platform/vault/vault.h"
#include "tell/citizen/sms_dao.h"

namespace machiya::tell {
namespace dao = sms_dao;
namespace {
constexpr const char* kContext = "tell_sms_code/number";

std::string six_digits(Rng& rng) {
  std::string out = std::to_string(rng.below(1'000'000));
  return std::string(6 - out.size(), '0') + out;
}
}  // namespace

std::string SmsDesk::digest(std::int64_t person, std::string_view code) const { return vault_.digest("tell-sms-code", std::to_string(person) + ":" + std::string(code)); }

Result<SmsDesk::Code> SmsDesk::ask(store::Tx& tx, std::int64_t person, std::string_view number) {
  const Instant now = clock_.now(), since{now.us - kHour};
  const std::string known_as = vault_.digest("tell-sms-asked", number);
  MACHIYA_TRY(const dao::Counts counts, dao::asked_since(tx, person, known_as, since));
  if (counts.by_person >= kCodesPerHour) return Code{Asked::account_limit, {}};
  if (counts.sent_by_all >= codes_per_hour_) return Code{Asked::house_limit, {}};
  MACHIYA_CHECK(forget(tx, person));
  const std::string code = six_digits(rng_);
  MACHIYA_TRY(const std::int64_t key, vault_.create_key(tx));
  MACHIYA_TRY(const std::string sealed, vault_.seal(tx, key, kContext, number));
  // Also when nothing is sent: the page must look the same.
  MACHIYA_CHECK(dao::put(tx, {person, key, sealed, digest(person, code), 0, Instant{now.us + kCodeMinutes * kMinute}}));
  const bool sent = counts.sent_to_number < kCodesPerHour;
  MACHIYA_CHECK(dao::note_asked(tx, person, known_as, sent, now));
  MACHIYA_CHECK(dao::forget_asked(tx, Instant{now.us - kDay}));
  return Code{Asked::yes, sent ? code : std::string()};
}

Result<std::optional<std::string>> SmsDesk::waiting(store::ReadTx& tx, std::int64_t person) {
  MACHIYA_TRY(const auto row, dao::find(tx, person));
  if (!row || row->expires <= clock_.now() || row->tries >= kTries) return std::optional<std::string>();
  MACHIYA_TRY(std::string number, vault_.open_sealed(tx, row->key, kContext, row->sealed));
  return std::optional<std::string>(std::move(number));
}

Result<SmsDesk::Answer> SmsDesk::type(store::Tx& tx, std::int64_t person, std::string_view code) {
  // Counted before it is looked at: of two that come at once, both are counted.
  MACHIYA_TRY(const auto row, dao::count_try(tx, person));
  if (!row || row->expires <= clock_.now() || row->tries > kTries) return Answer{};
  if (row->code != digest(person, code)) return Answer{row->tries == kTries ? Typed::over : Typed::wrong, {}};
  MACHIYA_TRY(std::string number, vault_.open_sealed(tx, row->key, kContext, row->sealed));
  MACHIYA_CHECK(forget(tx, person));
  return Answer{Typed::right, std::move(number)};
}

Result<void> SmsDesk::forget(store::Tx& tx, std::int64_t person) {
  MACHIYA_TRY(const auto row, dao::find(tx, person));
  if (!row) return {};
  MACHIYA_CHECK(vault_.erase_key(tx, row->key));
  return dao::remove(tx, person);
}

Result<std::int64_t> SmsDesk::expire(store::Tx& tx, int limit) {
  MACHIYA_TRY(const auto over, dao::over(tx, clock_.now(), limit));
  for (const std::int64_t person : over) MACHIYA_CHECK(forget(tx, person));
  return static_cast<std::int64_t>(over.size());
}

}  // namespace machiya::tell
