// People who log in, their log-in methods, and mailed codes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::identity::person_dao {

struct Person {
  std::int64_t id = 0;
  std::string public_id;
  int assurance = 0;
  std::int64_t data_key = 0;
  std::string email;   ///< sealed
};
Result<std::optional<Person>> by_id(store::ReadTx& tx, std::int64_t id);
Result<std::optional<Person>> by_public_id(store::ReadTx& tx, std::string_view public_id);
/// `method`: "email-code" today; a passkey or an identity provider adds its own rows.
Result<std::optional<Person>> by_login(store::ReadTx& tx, std::string_view method, std::string_view subject);
Result<std::int64_t> insert(store::Tx& tx, const Person& person, Instant now);
Result<void> insert_login(store::Tx& tx, std::int64_t person, std::string_view method, std::string_view subject, Instant now);
/// The ways in which a person logs in, by name.
Result<std::vector<std::string>> methods_of(store::ReadTx& tx, std::int64_t person);
/// False when they do not log in so.
Result<bool> remove_login(store::Tx& tx, std::int64_t person, std::string_view method);
Result<bool> raise_assurance(store::Tx& tx, std::int64_t id, int assurance, Instant now);

struct Code {
  std::string ticket, address, client, email, code;   ///< digests; email sealed
  std::string shown;   ///< the code itself, sealed, for the demonstration's page; "" outside the demonstration
  Instant created, expires;
};
Result<void> insert_code(store::Tx& tx, const Code& code);
/// Requests of an address and of a network address since `since`.
struct Requests {
  std::int64_t of_address = 0;
  std::int64_t of_client = 0;
};
Result<Requests> count_requests(store::ReadTx& tx, std::string_view address, std::string_view client, Instant since);
/// Counts one try and gives the code, unless it is used, over or tried too often.
Result<std::optional<Code>> take_try(store::Tx& tx, std::string_view ticket, int max_tries, Instant now);
/// What the demonstration's page shows (sealed); "" for a used or unknown ticket and for one of the real house.
Result<std::string> shown_code(store::ReadTx& tx, std::string_view ticket);
/// False when another request used it first.
Result<bool> mark_used(store::Tx& tx, std::string_view ticket);
Result<void> remove_codes_before(store::Tx& tx, Instant created);

}  // namespace machiya::identity::person_dao
