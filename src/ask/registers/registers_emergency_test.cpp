// Emergency access to a row: who gets the form, what an hour of it shows, and everything that it does not open.
#include "ask/registers/web_testing.h"
#include "platform/identity/emergencies.h"

namespace machiya::registers::testing {
namespace {

constexpr std::string_view kReason = "倒木で人が下敷き、持ち主に今すぐ連絡する";

class RowEmergency : public RegistersWebTest {
 protected:
  RowEmergency() {
    policy(R"(["case.read","register.read"])");
    row = add(*trees, R"({"tag":"000777","species":"zelkova","memo":"根元の覚え","cost":900,"owner_name":"金糸雀朱鷺子"})", approver);
    other = add(*trees, R"({"tag":"000778","species":"cherry","memo":"隣の覚え"})", clerk);
    helper = staff("別局の担当", "h1", {"clerk"}, "digital");
  }
  /// Purposes and what an emergency is for, as the city's policy has them.
  void policy(const std::string& may) {
    const std::string text = R"({"purposes":{"register":{"for":["register.read"]},"emergency":{"for":["breakglass.use"]},"review":{"for":["breakglass.review"]}},"roles":{
      "clerk":{"permissions":["register.read","case.read","breakglass.use"],"scope":"own-department","purposes":["register","emergency"]},
      "approver":{"permissions":["register.read","case.read","breakglass.use"],"scope":"own-department","purposes":["register","emergency"]},
      "auditor":{"permissions":["register.read","breakglass.review"],"scope":"all","purposes":["register","review"]},
      "helper":{"permissions":["case.read"],"scope":"own-department"},"admin":{"permissions":["admin.*"],"scope":"all"}},
      "relations":{"emergency":{"may":)" + may + "}}}";
    const auto done = hall->identity->reload_policy(text);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  std::string page(const Row& of) { return "/staff/registers/park-trees/rows/" + of.number; }
  http::Response open(const identity::Principal& who, std::string_view reason = kReason, const char* purpose = "register") {
    return post(page(row) + "/emergency", who, {{"purpose", purpose}, {"reason", std::string(reason)}});
  }
  std::string audited(std::string_view action, const identity::Principal& who) {
    EXPECT_TRUE(hall->audit->seal_now().ok());
    const std::string actor = who.actor();
    const auto found = store().read([&](store::ReadTx& tx) {
      return tx.query_one("SELECT object, purpose FROM audit_row WHERE action = :a AND actor = :w ORDER BY id DESC LIMIT 1", {{"a", action}, {"w", actor}});
    });
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return found.ok() && *found ? (*found)->text(0) + " " + (*found)->text(1) : "";
  }
  Row row, other;
  identity::Principal helper;
};
MACHIYA_ON_BOTH_ENGINES(RowEmergency);

TEST_P(RowEmergency, opens_one_row_for_an_hour_to_read_only) {
  const auto closed = get(page(row), helper);
  EXPECT_EQ(closed.status, 403);
  EXPECT_TRUE(holds(closed, "name=\"reason\"")) << closed.body;
  EXPECT_FALSE(holds(closed, "000777")) << "the form shows nothing of the row";
  ASSERT_EQ(location(open(helper)), page(row));
  EXPECT_EQ(audited("breakglass.open", helper), "row:park-trees/" + row.number + " emergency");

  const auto shown = get(page(row), helper);
  EXPECT_EQ(shown.status, 200) << shown.body;
  EXPECT_TRUE(holds(shown, "000777") && holds(shown, "根元の覚え") && holds(shown, "緊急閲覧中です")) << shown.body;
  EXPECT_FALSE(holds(shown, "金糸雀朱鷺子") || holds(shown, "900")) << "columns that only approvers read stay closed to a clerk";
  EXPECT_FALSE(holds(shown, "/change") || holds(shown, "/actions/") || holds(shown, "name=\"comment\"")) << "to read only";
  EXPECT_EQ(audited("register.read", helper), "row:" + row.number + " emergency");
  EXPECT_EQ(get(page(row), staff("隣の人", "h2", {"clerk"}, "digital")).status, 403) << "opened for one person";
  EXPECT_EQ(get(page(other), helper).status, 403) << "one row";
  EXPECT_EQ(get("/staff/registers/park-trees", helper).status, 404) << "not the list";
  EXPECT_FALSE(registers->list(*trees, {}, helper).ok());
  EXPECT_EQ(code(registers->each(*trees, {}, helper, "r", [](const Row&) { return true; })), ErrorCode::not_found);
  const auto changed = registers->change(*trees, row.number, row.revision, values(R"({"memo":"x"})"), {}, "", helper, "ja", "r");
  EXPECT_FALSE(changed.ok() && changed->row);
  EXPECT_FALSE(registers->comment(*trees, row.number, "x", helper, "r").ok());
  EXPECT_EQ(get(page(row) + "/actions/fell", helper).status, 404);
  EXPECT_EQ(post(page(row) + "/actions/fell", helper, {{"reason", "x"}, {"revision", "1"}}).status, 404);
  EXPECT_EQ(get(page(row) + "/change", helper).status, 404);
  EXPECT_EQ(post(page(row) + "/comments", helper, {{"comment", "x"}}).status, 404);

  clock.advance(identity::Emergencies::kMinutes * kMinute);
  EXPECT_EQ(get(page(row), helper).status, 403) << "over after an hour";
}

TEST_P(RowEmergency, shows_an_approver_of_elsewhere_what_approvers_see) {
  identity::Principal chief = staff("別局の決裁", "h3", {"approver"}, "digital");
  ASSERT_EQ(open(chief).status, 303);
  const auto shown = get(page(row), chief);
  EXPECT_TRUE(holds(shown, "金糸雀朱鷺子")) << shown.body;
}

TEST_P(RowEmergency, wants_a_reason_and_a_purpose_and_the_right_to_it) {
  EXPECT_EQ(open(helper, "急ぎ").status, 422);
  EXPECT_EQ(open(helper, kReason, "review").status, 422) << "a purpose that the role does not have";
  EXPECT_EQ(get(page(row), helper).status, 403);
  const auto without = staff("手伝い", "h4", {"helper"}, "digital");
  EXPECT_EQ(open(without).status, 404);
  EXPECT_EQ(get(page(row), without).status, 404) << "no form for somebody without breakglass.use";
  EXPECT_EQ(get("/staff/registers/park-trees/rows/nosuch", helper).status, 404) << "what is not there is not offered";
  EXPECT_EQ(get("/staff/registers/nosuch/rows/" + row.number, helper).status, 404);
  EXPECT_EQ(location(open(clerk)), page(row)) << "who may read it is sent to it";
  EXPECT_EQ(count("SELECT count(*) FROM identity_emergency"), 0);
}

// Faults: a policy whose emergencies are for cases only, and a claimed purpose that is not for the register.
TEST_P(RowEmergency, goes_by_the_policy) {
  policy(R"(["case.read"])");
  ASSERT_EQ(open(helper).status, 303);
  EXPECT_EQ(get(page(row), helper).status, 403) << "the relation gives no right to rows";
  policy(R"(["case.read","register.read"])");
  EXPECT_EQ(get(page(row), helper).status, 200);
  identity::Principal claiming = clerk;
  claiming.purpose = "emergency";
  EXPECT_EQ(get(page(row), claiming).status, 403) << "claimed for something else: the own department's row is closed too";
  ASSERT_EQ(open(claiming).status, 303);
  EXPECT_EQ(get(page(row), claiming).status, 200);
}

TEST_P(RowEmergency, waits_for_somebody_else_to_judge_it) {
  ASSERT_EQ(open(helper).status, 303);
  auto& emergencies = hall->identity->emergencies();
  const auto policy = hall->identity->policy();
  const auto queue = store().read([&](store::ReadTx& tx) { return emergencies.queue(tx, auditor, *policy, true); });
  ASSERT_TRUE(queue.ok() && queue->size() == 1u);
  EXPECT_EQ(queue->front().object, "row:park-trees/" + row.number);
  EXPECT_EQ(queue->front().reason, kReason);
  const std::string id = queue->front().public_id;
  const auto review = [&](const identity::Principal& who) {
    return store().write([&](store::Tx& tx) { return emergencies.review(tx, who, *policy, id, true, "よし", "r"); });
  };
  identity::Principal both = helper;
  both.roles = {"clerk", "auditor"};
  EXPECT_EQ(code(review(both)), ErrorCode::forbidden) << "nobody reviews their own";
  EXPECT_TRUE(review(auditor).ok());
}

}  // namespace
}  // namespace machiya::registers::testing
