// All SQL of call-outs.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tell/callout/callout.h"

namespace machiya::callout::dao {

struct MemberRow {
  std::int64_t id = 0, data_key = 0, deputy = 0;
  std::string public_id, department, sealed;
};
Result<std::optional<MemberRow>> by_digest(store::ReadTx& tx, std::string_view digest);
Result<std::optional<MemberRow>> by_public_id(store::ReadTx& tx, std::string_view id);
Result<std::int64_t> insert_member(store::Tx& tx, const MemberRow& row, std::string_view digest, Instant now);
Result<void> update_member(store::Tx& tx, const MemberRow& row, Instant now);
Result<void> set_deputy(store::Tx& tx, std::int64_t member, std::int64_t deputy);
Result<void> remove_member(store::Tx& tx, std::int64_t member, Instant now);
Result<std::vector<Callouts::Size>> sizes(store::ReadTx& tx);
Result<std::vector<MemberRow>> members(store::ReadTx& tx, const std::string& department, std::int64_t after, int limit);
/// Ids and departments of those in one of `departments` (empty: all), above `after`.
Result<std::vector<std::pair<std::int64_t, std::string>>> some(store::ReadTx& tx, const std::vector<std::string>& departments, std::int64_t after, int limit);
/// Members who were not removed, among these.
Result<std::vector<MemberRow>> rows_of(store::ReadTx& tx, const std::vector<std::int64_t>& members);

struct Address {
  std::int64_t member = 0, recipient = 0;
  int channel = 0;
  bool own = false;
};
Result<std::vector<Address>> addresses(store::ReadTx& tx, const std::vector<std::int64_t>& members);
/// The member who has this recipient in the channel; 0: nobody.
Result<std::int64_t> holder(store::ReadTx& tx, int channel, std::int64_t recipient);
Result<void> put_address(store::Tx& tx, const Address& address);
Result<void> drop_address(store::Tx& tx, std::int64_t member, int channel);

/// `key` of a trigger; "": none.
Result<void> insert(store::Tx& tx, const Callout& callout, std::string_view key = {});
Result<std::string> by_key(store::ReadTx& tx, std::string_view key);
Result<std::optional<Callout>> find(store::ReadTx& tx, std::string_view public_id, std::int64_t id = 0);
Result<std::vector<Callout>> list(store::ReadTx& tx, int limit);
Result<std::vector<Callout>> running(store::ReadTx& tx);
Result<bool> start(store::Tx& tx, std::int64_t callout, std::string_view by, Instant now);
Result<bool> end(store::Tx& tx, std::int64_t callout, State from, State to, Instant now);
/// False when another process did it.
Result<bool> move_list(store::Tx& tx, std::int64_t callout, std::int64_t from, std::int64_t to, bool listed);
Result<bool> move_stage(store::Tx& tx, std::int64_t callout, int from, int to, Instant due);

Result<void> insert_stage(store::Tx& tx, std::int64_t callout, const Entered& stage);
Result<std::vector<Entered>> stages(store::ReadTx& tx, std::int64_t callout);
Result<bool> move_filling(store::Tx& tx, std::int64_t callout, const Entered& stage, std::int64_t to, std::int64_t more, bool released, std::string_view reason);
Result<std::optional<std::int64_t>> callout_of(store::ReadTx& tx, std::int64_t message);

struct NewPerson {
  std::int64_t member = 0, stands_for = 0;
  std::string token, department;
};
/// Those who are on the list already stay as they are.
Result<void> insert_people(store::Tx& tx, std::int64_t callout, const std::vector<NewPerson>& people);
/// Who has not answered, above `after`, in order; with or without those who stand for others.
Result<std::vector<std::int64_t>> silent(store::ReadTx& tx, std::int64_t callout, std::int64_t after, int limit, bool deputies);
/// Those of them who are on the list of this call-out.
Result<std::set<std::int64_t>> called_among(store::ReadTx& tx, std::int64_t callout, const std::vector<std::int64_t>& members);
Result<void> set_asked(store::Tx& tx, std::int64_t callout, const std::vector<std::int64_t>& members);
Result<void> insert_targets(store::Tx& tx, std::int64_t callout, const std::string& message, const std::vector<std::pair<std::int64_t, std::int64_t>>& recipient_and_member);
Result<std::map<std::int64_t, std::string>> tokens(store::ReadTx& tx, std::string_view message, const std::vector<std::int64_t>& recipients);

struct PersonRow {
  std::int64_t callout = 0, member = 0, stands_for = 0;
  std::string department;
  bool asked = false;
  std::optional<Instant> answered;
  Answer answer;
};
Result<std::optional<PersonRow>> person(store::ReadTx& tx, std::string_view token);
/// In the order of members; `department` "": all.
Result<void> each_person(store::ReadTx& tx, std::int64_t callout, const std::string& department, const std::function<void(const PersonRow&)>& each);
/// Recipient and member of a message, in the order of recipients.
Result<std::vector<std::pair<std::int64_t, std::int64_t>>> targets(store::ReadTx& tx, const std::string& message);
/// The next of this person's answers. Gives whether it is the first.
Result<bool> add_answer(store::Tx& tx, const PersonRow& person, const Answer& answer, Instant now);
/// Every answer, in the order in which they were given for each member.
Result<void> each_answer(store::ReadTx& tx, std::int64_t callout, const std::function<void(std::int64_t member, const Answer&)>& each);

}  // namespace machiya::callout::dao
