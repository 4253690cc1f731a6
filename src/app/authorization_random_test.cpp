// Many random people and objects against the oracle of authorization_oracle.h, over HTTP: who may open which case, application, file and row.
// MACHIYA_AUTHORIZATION_PAIRS sets how many pairs on each engine (script/prove: 100,000).
#include <cstdlib>

#include "app/authorization_world.h"
#include "ask/cases/cases.h"
#include "base/rng.h"

namespace machiya::app::authorization {
namespace {

constexpr const char* kDepartments[] = {kHere, kThere, "fire"};
constexpr const char* kRoles[] = {"clerk", "approver", "counter", "moderator", "admin", "auditor"};
constexpr const char* kPurposes[] = {"", "", "", "decide", "assist", "register", "audit", "operate", "hand-over"};
constexpr int kPeople = 8, kStaff = 24, kCases = 24, kTies = 30, kEmergencies = 12;

struct Target {
  std::string path, label;
  Thing thing;
};

class RandomWorld {
 public:
  RandomWorld(World& world, std::uint64_t seed) : w(world), dice(seed) {
    callers();
    for (int i = 0; i < kCases; ++i) one_case();
    for (int i = 0; i < kTies; ++i) one_tie();
    for (int i = 0; i < kEmergencies; ++i) one_emergency();
    for (const auto& [reg, department, writer] : {std::tuple{"matrix-rows-a", kHere, "writer-0"}, {"matrix-rows-b", kThere, "writer-1"}}) rows(reg, department, writer);
    for (int i = 0; i < kEmergencies; ++i) one_opened_row();
    targets();
  }
  std::vector<Caller> callers_;
  std::vector<Target> targets_;

 private:
  struct Case { std::string number, blob; Thing thing; };
  World& w;
  SeededRng dice;
  std::vector<Case> cases_;
  std::vector<std::string> staff_, clerks_;
  std::vector<std::pair<std::string, std::string>> rows_;   // register, number

  template <std::size_t N>
  const char* one_of(const char* const (&list)[N]) { return list[dice.below(N)]; }
  std::string person() { return "person-" + std::to_string(dice.below(kPeople)); }
  Caller& caller(const std::string& name) { return *std::find_if(callers_.begin(), callers_.end(), [&](const Caller& c) { return c.asker.name == name; }); }

  void callers() {
    callers_.push_back(w.visitor());
    for (int i = 0; i < kPeople; ++i) callers_.push_back(w.citizen("person-" + std::to_string(i)));
    for (int i = 0; i < kStaff; ++i) {
      Words roles;
      for (const char* role : kRoles)
        if (dice.below(4) == 0) roles.push_back(role);
      const std::string name = "staff-" + std::to_string(i);
      Caller made = w.staff(name, roles, one_of(kDepartments));
      made.asker.purpose = one_of(kPurposes);
      staff_.push_back(name);
      if (among(roles, "clerk") || among(roles, "approver")) clerks_.push_back(name);
      callers_.push_back(std::move(made));
    }
    callers_.push_back(w.client("sender-0", {"applications"}, {}, ""));
    callers_.push_back(w.client("sender-1", {"applications"}, {}, ""));
    callers_.push_back(w.client("writer-0", {"registers.write"}, {"approver"}, kHere));
    callers_.push_back(w.client("writer-1", {"registers.write"}, {"approver"}, kThere));
    callers_.push_back(w.client("reader-0", {"registers.read"}, {"auditor"}, "fire"));
  }

  void one_case() {
    Case c;
    const bool here = dice.below(2) == 0;
    c.thing.procedure = here ? dice.below(2) ? "matrix-a" : "matrix-c" : "matrix-b";
    c.thing.department = here ? kHere : kThere, c.thing.person = person(), c.thing.sender = dice.below(2) ? "sender-0" : "sender-1";
    c.number = w.apply(caller(c.thing.sender), c.thing.procedure, c.thing.person, c.blob);
    if (dice.below(3) == 0) {
      c.thing.assignee = staff_[dice.below(staff_.size())];
      identity::Principal boss = World::admin();
      boss.roles = {"approver"}, boss.department = c.thing.department;
      EXPECT_TRUE(w.house().cases().assign(c.number, c.thing.assignee, {}, boss).ok());
    }
    cases_.push_back(std::move(c));
  }

  /// Delegations and guardianships, some for one procedure, some over, some taken back.
  void one_tie() {
    const std::string whose = person(), agent = person();
    if (whose == agent) return;
    const bool guardian = dice.below(4) == 0;
    const std::string procedure = guardian || dice.below(2) ? "" : dice.below(2) ? "matrix-a" : "matrix-b";
    const int fate = static_cast<int>(dice.below(3));   // in force, over, ended
    auto& ties = w.house().identity().ties();
    const Instant until{w.house().clock().now().us + 30 * kDay};
    auto done = w.store().write([&](store::Tx& tx) -> Result<int> {
      const auto policy = w.house().identity().policy();
      std::string id;
      if (guardian) {
        identity::Principal counter = World::admin();
        counter.roles = {"counter"};
        MACHIYA_CHECK(ties.record_guardian(tx, counter, *policy, w.person(whose), w.person(agent), until, "family-register", "setup"));
        MACHIYA_TRY(const auto rows, ties.of(tx, w.person(whose).id));
        id = rows.front().public_id;
        if (fate == 2) MACHIYA_CHECK(ties.end(tx, counter, id, *policy, "setup"));
      } else {
        MACHIYA_TRY(const auto offer, ties.offer(tx, w.person(whose), procedure, until, "setup"));
        MACHIYA_CHECK(ties.accept(tx, w.person(agent), offer.code, "setup"));
        id = offer.id;
        if (fate == 2) MACHIYA_CHECK(ties.end(tx, w.person(dice.below(2) ? whose : agent), id, *policy, "setup"));
      }
      if (fate != 1) return 0;
      MACHIYA_TRY(const auto over, tx.execute("UPDATE identity_tie SET until = accepted + 1 WHERE public_id = :p", {{"p", id}}));
      return static_cast<int>(over);
    });
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    for (Case& c : cases_)
      if (c.thing.person == whose) c.thing.ties.push_back({guardian ? "guardian" : "delegate", agent, procedure, fate == 0});
  }

  void one_emergency() {
    if (clerks_.empty()) return;
    Case& c = cases_[dice.below(cases_.size())];
    const std::string name = clerks_[dice.below(clerks_.size())];
    const bool over = dice.below(2) == 0;
    auto done = w.store().write([&](store::Tx& tx) -> Result<int> {
      MACHIYA_CHECK(w.house().identity().emergencies().open(tx, member(name), *w.house().identity().policy(), "case:" + c.number, 0, "case.read", "decide", "検査のための緊急閲覧です", "setup"));
      return 0;
    });
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    opened(c.thing, name, "case:" + c.number, over);
  }
  /// The same of a row.
  void one_opened_row() {
    if (clerks_.empty()) return;
    const auto& [reg, number] = rows_[dice.below(rows_.size())];
    const std::string name = clerks_[dice.below(clerks_.size())];
    const bool over = dice.below(2) == 0;
    const std::string object = "row:" + reg + "/" + number;
    const auto done = w.store().write([&](store::Tx& tx) -> Result<int> {
      MACHIYA_CHECK(w.house().identity().emergencies().open(tx, member(name), *w.house().identity().policy(), object, 0, "register.read", "register", "検査のための緊急閲覧です", "setup"));
      return 0;
    });
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    for (Target& target : targets_)
      if (target.path.find(number) != std::string::npos) opened(target.thing, name, object, over);
  }
  void opened(Thing& thing, const std::string& name, const std::string& object, bool over) {
    const std::string actor = member(name).actor();
    if (over) {
      const auto done = w.store().write([&](store::Tx& tx) { return tx.execute("UPDATE identity_emergency SET until = 1 WHERE staff = :s AND object = :o", {{"s", actor}, {"o", object}}); });
      EXPECT_TRUE(done.ok()) << done.error().to_string();
      std::erase_if(thing.ties, [&](const auto& tie) { return tie.relation == "emergency" && tie.who == name; });
    }
    thing.ties.push_back({"emergency", name, "", !over});
  }
  identity::Principal member(const std::string& name) {
    identity::Principal who;
    const auto staff = w.store().read([&](store::ReadTx& tx) { return w.house().identity().staff(tx); });
    for (const auto& one : *staff)
      if (one.name == name) who.kind = identity::PrincipalKind::staff, who.public_id = one.public_id, who.name = name, who.roles = one.roles, who.department = one.department;
    return who;
  }

  void rows(const std::string& reg, const std::string& department, const std::string& writer) {
    Thing thing;
    thing.department = department;
    thing.rights = {{"read", {"clerk", "approver", "auditor"}}, {"write", {"clerk", "approver"}}, {"bulk", {"approver"}}, {"import", {"approver"}}};
    for (int i = 0; i < 5; ++i) {
      const auto made = w.api(caller(writer), http::Method::post, "/api/v1/registers/" + reg + "/rows", "{\"values\":{\"tag\":\"t" + std::to_string(i) + "\",\"keeper\":\"金糸雀\"}}", 201);
      const std::string number = made.text("number");
      rows_.emplace_back(reg, number);
      for (const std::string& path : {"/staff/registers/" + reg + "/rows/" + number, "/api/v1/registers/" + reg + "/rows/" + number, "/api/v1/registers/" + reg + "/rows/" + number + "/history"})
        targets_.push_back({path, "row", thing});
    }
  }

  void targets() {
    for (const Case& c : cases_)
      for (const std::string& path : {"/staff/cases/" + c.number, "/staff/cases/" + c.number + "/files/" + c.blob, "/applications/" + c.number, "/applications/" + c.number + "/withdraw",
                                      "/api/v1/applications/" + c.number, "/staff/cases/" + c.number + "/actions/begin"})
        targets_.push_back({path, "case", c.thing});
  }
};

class RandomPairs : public ::testing::TestWithParam<store::Engine> {};

bool refused(const http::Response& r) {
  const std::string to = header_of(r, "location");
  return r.status == 401 || r.status == 403 || r.status == 404 || (r.status == 303 && (to.rfind("/login", 0) == 0 || to.rfind("/staff/login", 0) == 0));
}

TEST_P(RandomPairs, AgreeWithTheOracle) {
  const char* wanted = std::getenv("MACHIYA_AUTHORIZATION_PAIRS");
  const int pairs = wanted ? std::atoi(wanted) : 2'000;
  const auto database = store::testing::make_database(GetParam());
  World world(*database);
  const PolicyText policy(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka/policy.yaml");
  const Oracle oracle(policy);
  RandomWorld random(world, 20260401);
  SeededRng dice(7);
  int allowed = 0, leaks = 0, wrongly_refused = 0, told = 0;
  for (int i = 0; i < pairs; ++i) {
    const Caller& caller = random.callers_[dice.below(random.callers_.size())];
    const Target& target = random.targets_[dice.below(random.targets_.size())];
    http::Pairs params;
    std::vector<http::Method> methods;
    const http::Route* route = world.house().router().match(http::Method::get, target.path, params, methods);
    ASSERT_NE(route, nullptr) << target.path;
    const std::string action = route->options.action.empty() ? "case.read" : route->options.action;
    const bool may = oracle.expected(route->options.permission, route->options.object, action, caller.asker, target.thing) == Expected::allow;
    const auto answer = world.get(caller, target.path);
    const bool did = !refused(answer), shows = holds(answer.body, kOwn);
    allowed += may;
    leaks += (did && !may) || (shows && !may);
    wrongly_refused += may && !did;
    if ((did != may || (shows && !may)) && told++ < 20)
      ADD_FAILURE() << caller.asker.name << " for \"" << caller.asker.purpose << "\" asks " << route->pattern << " of " << target.thing.department << "/" << target.thing.person << ": " << (may ? "allowed" : "refused")
                    << " by the oracle, answered " << answer.status << " " << header_of(answer, "location");
  }
  std::printf("random pairs on %s: %d, of which %d to allow; %d leaks, %d wrongly refused\n", GetParam() == store::Engine::sqlite ? "SQLite" : "PostgreSQL", pairs, allowed, leaks, wrongly_refused);
  EXPECT_EQ(leaks, 0);
  EXPECT_EQ(wrongly_refused, 0);
  EXPECT_GT(allowed, pairs / 20) << "a world in which nobody may do anything proves nothing";

  // The same walk over a policy that somebody got wrong: clerks of every department, and owners forgotten. The oracle reads the right one.
  json::Value wrong = world.house().city().current()->policy();
  wrong.find("roles")->find("clerk")->set("scope", "all");
  wrong.find("relations")->erase("owner");
  ASSERT_TRUE(world.house().identity().reload_policy(json::to_text(wrong)).ok());
  int seen_leak = 0, seen_refusal = 0;
  for (const Caller& caller : random.callers_)
    for (const Target& target : random.targets_) {
      if (target.label != "case" || target.path.find("actions") != std::string::npos) continue;
      http::Pairs params;
      std::vector<http::Method> methods;
      const http::Route* route = world.house().router().match(http::Method::get, target.path, params, methods);
      const bool may = oracle.expected(route->options.permission, route->options.object, route->options.action, caller.asker, target.thing) == Expected::allow;
      const bool did = !refused(world.get(caller, target.path));
      seen_leak += did && !may, seen_refusal += may && !did;
    }
  EXPECT_GT(seen_leak, 0) << "a clerk's rights in every department are not seen";
  EXPECT_GT(seen_refusal, 0) << "owners without rights are not seen";
}

INSTANTIATE_TEST_SUITE_P(Store, RandomPairs, ::testing::Values(store::Engine::sqlite, store::Engine::postgres), store::testing::engine_name);

}  // namespace
}  // namespace machiya::app::authorization
