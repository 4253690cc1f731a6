// For tests of procedures as registers: the small city with two procedures, module cases beside module registers.
#pragma once
#include "ask/apply/procedure_kind.h"
#include "ask/cases/cases.h"
#include "ask/registers/case_register.h"
#include "ask/registers/testing.h"

namespace machiya::registers::testing {

inline constexpr std::string_view kDog = R"(procedure: dog
version: 1
kind: notification
name: { ja: 犬の登録, en: Dog registration }
owner: health
case: dog-permit
target: P10D
assurance: contact
pages:
  - page: dog
    title: { ja: 犬, en: The dog }
    ask:
      - { name: dog_name, type: text, label: { ja: 犬の名前, en: Name of the dog } }
      - { name: size, type: choice, filter: yes, label: { ja: 大きさ, en: Size }, options: [ { value: small, label: { ja: 小型, en: Small } }, { value: large, label: { ja: 大型, en: Large } } ] }
      - { name: born, type: date, filter: yes, label: { ja: 犬の生年月日, en: Born } }
      - { name: weight, type: number, decimals: 1, optional: yes, filter: yes, label: { ja: 体重, en: Weight } }
      - { name: income, type: money, optional: yes, label: { ja: 所得, en: Income } }
      - { name: owner_name, type: name, label: { ja: 飼い主, en: Owner } }
  - page: pups
    title: { ja: 子犬, en: Puppies }
    repeat: { name: pups, item: { ja: 子犬, en: Puppy } }
    ask:
      - { name: colour, type: text, label: { ja: 毛色, en: Colour } }
)";
inline constexpr std::string_view kNotice = R"(procedure: sign
version: 1
kind: application
name: { ja: 看板の届出, en: Shop sign }
owner: digital
case: dog-permit
target: P3D
assurance: contact
pages:
  - page: street-sign
    title: { ja: 看板, en: The sign }
    ask:
      - { name: words, type: text, label: { ja: 文字, en: Words } }
)";
inline constexpr std::string_view kPermit = R"(workflow: dog-permit
version: 1
start: received
states:
  - { state: received, name: { ja: 受付, en: Received }, clock: running }
  - { state: correction, name: { ja: 補正, en: Correction }, clock: stopped, opens: correction }
  - { state: granted, name: { ja: 許可, en: Granted }, end: decided, outcome: granted }
  - { state: withdrawn, name: { ja: 取下げ, en: Withdrawn }, end: withdrawn }
actions:
  - { action: ask, name: { ja: 補正を求める, en: Ask }, from: [received], to: correction, by: staff, permission: case.review, needs: [fields, note] }
  - { action: answer, name: { ja: 補正, en: Answer }, from: [correction], to: received, by: applicant }
  - { action: grant, name: { ja: 許可, en: Grant }, from: [received], to: granted, by: staff, permission: case.decide }
  - { action: withdraw, name: { ja: 取下げ, en: Withdraw }, from: [received, correction], to: withdrawn, by: applicant }
retention: { keep: P5Y, from: end, basis: 規程 }
)";
inline constexpr std::string_view kCasePolicy = R"(roles:
  clerk: { permissions: [case.list, case.read, case.note, case.assign, case.review, case.decide, case.export, register.read], scope: own-department }
  approver: { permissions: [case.list, case.read, case.decide, register.read], scope: own-department }
  auditor: { permissions: [case.list, register.read], scope: all }
  counter: { permissions: [case.list, case.read], scope: all }
  helper: { permissions: [register.read], scope: own-department }
relations:
  owner: { may: [case.read, case.document, case.correct, case.withdraw, case.file] }
)";

/// Loads the small city with the procedures; `dog` replaces the definition of the dogs.
inline city::LoadReport load_with_cases(const std::string& folder, std::string_view dog = kDog) {
  small_city(folder);
  write_file(folder + "/policy.yaml", kCasePolicy);
  write_file(folder + "/forms/dog.yaml", dog);
  write_file(folder + "/forms/sign.yaml", kNotice);
  write_file(folder + "/workflows/dog-permit.yaml", kPermit);
  return city::load(folder, {cases::workflow_kind(), apply::procedure_kind(), register_kind()});
}

class CaseRowsTest : public HallTest {
 protected:
  /// `before`: only the tables that there were before cases were registers, and no register listens.
  explicit CaseRowsTest(bool before = false) {
    for (const auto& list : {Hall::migrations(), cases::Cases::migrations()})
      for (const auto& m : list)
        if (std::none_of(all.begin(), all.end(), [&](const auto& have) { return have.module == m.module && have.number == m.number; })) all.push_back(m);
    std::vector<store::Migration> first = all;
    if (before) std::erase_if(first, [](const store::Migration& m) { return m.module == "register_cases"; });
    migrate(first);
    city = city_of(load_with_cases(city_folder()));
    open_hall(!before);
    hanako = person("hanako@example.jp");
  }
  /// The services on the store as it is: what a process builds when it starts.
  void open_hall(bool with_registers) {
    cases.reset(), hall.reset();
    hall = std::make_unique<Hall>(store(), folder(), city, clock, rng, with_registers ? MayCase([this](const identity::Principal& who, std::string_view permission, std::string_view department) {
      return cases->may(who, permission, department);
    }) : MayCase());
    registers = hall->registers.get();
    cases::Cases::declare(*hall->events, *hall->jobs);
    cases::Ports ports;
    definitions = std::make_unique<cases::CityDefinitions>([this] { return city; });
    ports.definitions = definitions.get();
    ports.is_working_day = [](Date d) { return weekday(d) != 0 && weekday(d) != 6; };
    ports.departments = [] { return std::vector<std::string>{"health", "digital"}; };
    cases = std::make_unique<cases::Cases>(cases::Platform{store(), *hall->vault, *hall->audit, *hall->events, *hall->jobs, *hall->identity, clock, rng}, ports);
    if (!with_registers) hall->events->subscribe("before", std::string("case.submitted.v1"), [](store::Tx&, const events::Event&) -> Result<void> { return {}; });
  }
  void load(std::string_view dog) { hall->city = city = city_of(load_with_cases(city_folder(), dog)); }
  std::shared_ptr<const Register> reg(const char* id, const identity::Principal& who) {
    auto found = registers->find(id, who);
    EXPECT_TRUE(found.ok()) << id << " " << found.error().to_string();
    return *found;
  }
  identity::Principal person(const char* email) {
    auto p = store().write([&](store::Tx& tx) { return hall->identity->ensure_person(tx, email, identity::Assurance::contact); });
    EXPECT_TRUE(p.ok());
    return *p;
  }
  /// A case of the dogs; `values` beside the name of its owner.
  std::string dog(const char* values, std::string department = {}) {
    cases::Submission s;
    s.procedure = "dog", s.applicant = hanako, s.fee = 3550, s.department = std::move(department), s.values = *json::parse(values);
    s.values.set("owner_name", *json::parse(R"({"family":"大阪","given":"花子"})"));
    s.log = json::Value::array();
    s.search = {{"name", "大阪 花子"}, {"kana", "オオサカ ハナコ"}};
    auto receipt = cases->submit(s);
    EXPECT_TRUE(receipt.ok()) << receipt.error().to_string();
    return receipt->number;
  }
  void deliver() {
    auto n = hall->events->deliver_now();
    EXPECT_TRUE(n.ok()) << n.error().to_string();
  }
  std::vector<std::string> numbers(const Register& r, const Query& query, const identity::Principal& who) {
    std::vector<std::string> out;
    auto listing = registers->list(r, query, who);
    EXPECT_TRUE(listing.ok()) << listing.error().to_string();
    if (listing.ok())
      for (const Row& row : listing->rows) out.push_back(row.number);
    return out;
  }
  static cases::Act act(std::string action) {
    cases::Act a;
    a.action = std::move(action);
    return a;
  }

  std::vector<store::Migration> all;
  std::shared_ptr<const city::City> city;
  std::unique_ptr<cases::CityDefinitions> definitions;
  std::unique_ptr<cases::Cases> cases;
  identity::Principal hanako, helper = staff("補助", "h1", {"helper"}, "health");
};

}  // namespace machiya::registers::testing
