// The staff list: imported as a whole, names and numbers sealed.
#include <algorithm>
#include <set>

#include "platform/vault/vault.h"
#include "tell/callout/callout.h"
#include "tell/callout/callout_dao.h"
#include "tell/sms/sms_number.h"

namespace machiya::callout {
namespace {

constexpr std::size_t kMostText = 200;
constexpr std::string_view kContext = "callout_member/person";

std::string person_json(const Entry& e) { return json::to_canonical(json::Value::object({{"number", e.number}, {"name", e.name}, {"role", e.role}})); }

}  // namespace

Result<std::optional<ImportFault>> Callouts::fault_of(const Entry& e, std::size_t line) const {
  const auto fault = [&](const char* what, std::string detail = {}) { return std::optional<ImportFault>(ImportFault{line, what, std::move(detail)}); };
  if (e.number.empty() || e.number.size() > kMostText) return fault("number");
  if (e.name.empty() || e.name.size() > kMostText || e.role.size() > kMostText) return fault("name");
  if (!p_.city()->department(e.department)) return fault("department", e.department);
  for (const auto& [channel, address] : e.addresses) {
    if (address.size() > 2000) return fault("address", channel);
    // Numbers are checked here: nobody is there to correct them when they are needed.
    if (channel == "sms" && !tell::sms_number(address).ok()) return fault("address", channel);
    if (channel == "voice" && (address.size() < 6 || address.find_first_not_of("0123456789+-") != std::string::npos)) return fault("address", channel);
    if (channel == "mail" && (address.find('@') == std::string::npos || address.find_first_of(" \r\n,") != std::string::npos)) return fault("address", channel);
  }
  return std::optional<ImportFault>();
}

Result<void> Callouts::put_address(store::Tx& tx, std::int64_t member, int channel, const std::string& written) {
  MACHIYA_TRY(const std::string id, p_.audiences.name("channel", channel));
  std::string address = written;
  if (id == "sms") {
    MACHIYA_TRY(address, tell::sms_number(written));   // one number is one address, however it is written
  }
  // An address that somebody already has with the city stays theirs, with the topics that they chose.
  MACHIYA_TRY(const auto known, p_.audiences.by_address(tx, channel, address));
  if (known) {
    MACHIYA_TRY(const std::int64_t holder, dao::holder(tx, channel, *known));
    if (holder == member) return {};
    if (holder != 0) return Error(ErrorCode::conflict, "an address of somebody else on the list", "address");
    return dao::put_address(tx, {member, *known, channel, false});
  }
  MACHIYA_TRY(const std::int64_t recipient, p_.audiences.subscribe(tx, 0, channel, address, 0, 0, "callout"));
  return dao::put_address(tx, {member, recipient, channel, true});
}

Result<Imported> Callouts::import(const std::vector<Entry>& entries, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kStart, "")) return Error(ErrorCode::forbidden, "may not change the staff list");
  Imported out;
  std::set<std::string> numbers;
  std::set<std::pair<std::string, std::string>> addresses;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    MACHIYA_TRY(auto fault, fault_of(entries[i], i + 2));   // behind the head
    if (!fault && !numbers.insert(entries[i].number).second) fault = ImportFault{i + 2, "twice", "number"};
    for (const auto& [channel, address] : entries[i].addresses)
      if (!fault && !addresses.insert({channel, address}).second) fault = ImportFault{i + 2, "twice", channel};
    if (fault) out.faults.push_back(std::move(*fault));
  }
  if (!out.faults.empty()) return out;
  std::map<std::string, int> channels;
  for (const Entry& e : entries)
    for (const auto& [channel, address] : e.addresses)
      if (!channels.count(channel)) {
        MACHIYA_TRY(channels[channel], p_.audiences.number("channel", channel));
      }
  // In one transaction: half a staff list would call out half of them.
  return p_.store.write([&](store::Tx& tx) -> Result<Imported> {
    Imported done;
    std::map<std::string, std::int64_t> ids;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Entry& e = entries[i];
      const std::string digest = p_.vault.digest("callout-number", e.number);
      MACHIYA_TRY(auto row, dao::by_digest(tx, digest));
      const bool fresh = !row;
      if (fresh) {
        row = dao::MemberRow{};
        row->public_id = new_public_id(p_.rng);
        MACHIYA_TRY(row->data_key, p_.vault.create_key(tx));
      }
      row->department = e.department;
      MACHIYA_TRY(row->sealed, p_.vault.seal(tx, row->data_key, kContext, person_json(e)));
      if (fresh) {
        MACHIYA_TRY(row->id, dao::insert_member(tx, *row, digest, p_.clock.now()));
      } else {
        MACHIYA_CHECK(dao::update_member(tx, *row, p_.clock.now()));
        MACHIYA_TRY(const auto before, dao::addresses(tx, {row->id}));
        for (const dao::Address& a : before) {
          if (a.own) {
            MACHIYA_TRY(const bool left, p_.audiences.leave(tx, a.recipient, a.channel, "callout"));
            (void)left;   // the channel may have said before that the address is no more
          }
          MACHIYA_CHECK(dao::drop_address(tx, row->id, a.channel));
        }
      }
      ids[e.number] = row->id;
      ++(fresh ? done.added : done.changed);
      for (const auto& [channel, address] : e.addresses)
        if (auto put = put_address(tx, row->id, channels[channel], address); !put.ok()) {
          if (put.error().code != ErrorCode::conflict) return put.error();
          return Error(ErrorCode::conflict, std::to_string(i + 2), channel);
        }
    }
    for (const Entry& e : entries) {
      if (e.deputy.empty()) continue;
      std::int64_t deputy = ids.count(e.deputy) ? ids[e.deputy] : 0;
      if (deputy == 0) {
        MACHIYA_TRY(const auto row, dao::by_digest(tx, p_.vault.digest("callout-number", e.deputy)));
        if (row) deputy = row->id;
      }
      if (deputy == 0 || deputy == ids[e.number]) return Error(ErrorCode::conflict, std::to_string(&e - entries.data() + 2), "deputy");
      MACHIYA_CHECK(dao::set_deputy(tx, ids[e.number], deputy));
    }
    MACHIYA_CHECK(note(tx, "import", "callout-members", who.actor(), request, json::Value::object({{"added", done.added}, {"changed", done.changed}})));
    return done;
  });
}

Result<void> Callouts::remove(std::string_view member, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kStart, "")) return Error(ErrorCode::forbidden, "may not change the staff list");
  return p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const auto row, dao::by_public_id(tx, member));
    if (!row) return Error(ErrorCode::not_found, "nobody on the list");
    MACHIYA_TRY(const auto addresses, dao::addresses(tx, {row->id}));
    for (const dao::Address& a : addresses) {
      MACHIYA_CHECK(dao::drop_address(tx, row->id, a.channel));
      if (!a.own) continue;
      MACHIYA_TRY(const bool left, p_.audiences.leave(tx, a.recipient, a.channel, "callout"));
      (void)left;
    }
    MACHIYA_CHECK(dao::remove_member(tx, row->id, p_.clock.now()));
    MACHIYA_CHECK(p_.vault.erase_key(tx, row->data_key));
    return note(tx, "remove", "callout-member:" + row->public_id, who.actor(), request);
  });
}

Result<std::vector<Callouts::Size>> Callouts::sizes(const identity::Principal& who) {
  if (!p_.may(who, kRead, "")) return Error(ErrorCode::forbidden, "may not read the staff list");
  return p_.store.read([](store::ReadTx& tx) { return dao::sizes(tx); });
}

Result<std::vector<Member>> Callouts::opened(store::ReadTx& tx, const std::vector<dao::MemberRow>& rows) {
  std::vector<std::int64_t> keys, ids;
  for (const dao::MemberRow& row : rows) keys.push_back(row.data_key), ids.push_back(row.id);
  MACHIYA_CHECK(p_.vault.prefetch(tx, keys));
  MACHIYA_TRY(const auto addresses, dao::addresses(tx, ids));
  std::vector<Member> out;
  for (const dao::MemberRow& row : rows) {
    MACHIYA_TRY(const std::string plain, p_.vault.open_sealed(tx, row.data_key, kContext, row.sealed));
    MACHIYA_TRY(const json::Value person, json::parse(plain));
    Member one{row.id, row.public_id, row.department, person.text("number"), person.text("name"), person.text("role"), {}, row.deputy != 0};
    for (const dao::Address& a : addresses)
      if (a.member == row.id) {
        MACHIYA_TRY(std::string name, p_.audiences.name("channel", a.channel));
        one.channels.push_back(std::move(name));
      }
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::vector<Member>> Callouts::members(const std::string& department, std::int64_t after, int limit, const identity::Principal& who) {
  if (!p_.may(who, kRead, "")) return Error(ErrorCode::forbidden, "may not read the staff list");
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<Member>> {
    MACHIYA_TRY(const auto rows, dao::members(tx, department, after, limit));
    return opened(tx, rows);
  });
}

}  // namespace machiya::callout
