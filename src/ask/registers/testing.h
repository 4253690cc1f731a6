// For tests and benchmarks of registers: a small city with three registers and a workflow, the service on a fresh database.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ask/cases/ground_floor.h"
#include "ask/registers/registers.h"
#include "city/city.h"
#include "platform/store/testing.h"

namespace machiya::registers::testing {

inline constexpr std::string_view kParks = R"(register: parks
version: 1
name: { ja: 公園台帳, en: Parks }
owner: health
title: name
columns:
  - { column: name, type: text, label: { ja: 名称, en: Name }, unique: yes, filter: yes, search: yes }
)";
inline constexpr std::string_view kTrees = R"(register: park-trees
version: 1
name: { ja: 公園樹木台帳, en: Park trees }
owner: health
title: tag
workflow: tree-care
columns:
  - { column: tag, type: digits, length: 6, label: { ja: 樹木番号, en: Tag }, unique: yes, filter: yes, search: yes }
  - { column: park, relation: parks, optional: yes, label: { ja: 公園, en: Park }, filter: yes }
  - { column: species, type: choice, label: { ja: 樹種, en: Species }, filter: yes, options: [ { value: zelkova, label: { ja: ケヤキ, en: Zelkova } }, { value: cherry, label: { ja: サクラ, en: Cherry } } ] }
  - { column: girth, type: number, optional: yes, decimals: 1, label: { ja: 幹周, en: Girth }, filter: yes }
  - { column: planted, type: date, optional: yes, label: { ja: 植栽日, en: Planted }, must: planted <= today(), filter: yes }
  - { column: felled, type: date, optional: yes, label: { ja: 伐採日, en: Felled } }
  - { column: next_inspection, type: date, optional: yes, label: { ja: 次回点検, en: Next inspection }, filter: yes }
  - { column: answer_by, deadline: { from: planted, period: 3 working days }, label: { ja: 期限, en: By }, filter: yes }
  - { column: double_girth, formula: girth * 2, type: number, label: { ja: 倍, en: Double } }
  - { column: memo, type: text, optional: yes, label: { ja: メモ, en: Memo } }
  - { column: cost, type: money, optional: yes, label: { ja: 費用, en: Cost }, filter: yes, read: [approver], write: [approver] }
  - { column: owner_name, type: text, optional: yes, personal: yes, read: [approver], write: [approver], label: { ja: 連絡者, en: Contact } }
unique: [ [park, memo] ]
checks:
  - { must: felled = null or planted = null or felled >= planted, message: { ja: 伐採日は植栽日より後です, en: Felled before planted }, columns: [felled] }
rights: { read: [clerk, approver, auditor], write: [clerk, approver], bulk: [approver], import: [approver] }
reminders:
  - { reminder: inspection-due, date: next_inspection, before: P14D, when: state = "living", text: { ja: 点検の期限, en: Inspection due } }
)";
inline constexpr std::string_view kTreeCare = R"(workflow: tree-care
version: 1
start: living
states:
  - { state: living, name: { ja: 生育中, en: Living } }
  - { state: doubtful, name: { ja: 要診断, en: Doubtful } }
  - { state: felled, name: { ja: 伐採済, en: Felled }, end: closed }
actions:
  - { action: doubt, name: { ja: 要診断にする, en: Doubt }, from: [living], to: doubtful, by: staff, permission: case.read }
  - { action: fell, name: { ja: 伐採, en: Fell }, from: [living, doubtful], to: felled, by: staff, permission: case.decide, needs: [reason] }
  - { action: settle, name: { ja: 診断済, en: Settle }, from: [doubtful], to: living, by: system, after: P3D }
)";
inline constexpr std::string_view kPolicy = R"(roles:
  clerk: { permissions: [case.read, case.decide, register.*], scope: own-department }
  approver: { permissions: [case.read, case.decide, register.*], scope: own-department }
  auditor: { permissions: [case.read, register.read], scope: all }
  helper: { permissions: [case.read], scope: own-department }
  admin: { permissions: [admin.*], scope: all }
)";

/// `text` with `to` where `from` stands first; it must stand there.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("not in the text: " + std::string(from));
  return text.replace(at, from.size(), to);
}
inline void write_file(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

inline identity::Principal staff(const char* name, const char* id, std::vector<std::string> roles, const char* department) {
  identity::Principal p;
  p.kind = identity::PrincipalKind::staff, p.name = name, p.public_id = id, p.roles = std::move(roles), p.department = department;
  return p;
}

inline city::LoadReport load_city(const std::string& folder) { return city::load(folder, {cases::workflow_kind(), register_kind()}); }
/// Each error on its line.
inline std::string errors_of(const city::LoadReport& report) {
  std::string out;
  for (const auto& fault : report.faults)
    if (fault.severity == Severity::error) out += city::to_line(fault) + "\n";
  return out;
}
/// Throws its errors when it did not load.
inline std::shared_ptr<const city::City> city_of(const city::LoadReport& report) {
  if (!report.city) throw std::runtime_error(errors_of(report));
  return report.city;
}

/// The small city in `folder`.
inline std::shared_ptr<const city::City> small_city(const std::string& folder) {
  namespace fs = std::filesystem;
  fs::create_directories(folder);
  const std::string good = std::string(MACHIYA_SOURCE_DIR) + "/tests/conformance/definitions/good";
  for (const char* file : {"wards.yaml", "departments.yaml", "calendar.yaml"}) fs::copy_file(good + "/" + file, folder + "/" + file, fs::copy_options::overwrite_existing);
  write_file(folder + "/city.yaml", "city: small\nname: { ja: 小さな市, en: Small City }\nprefecture: { ja: 大阪府, en: Osaka }\ncode: 27999\ntimezone: Asia/Tokyo\nlanguages: [ja, en]\n"
                                    "programme:\n  name: { ja: 取組, en: Initiatives }\n  publisher: { ja: 小さな市, en: Small City }\n  initiatives: 0\nsource: 架空の市\n");
  write_file(folder + "/policy.yaml", kPolicy);
  write_file(folder + "/registers/parks.yaml", kParks);
  write_file(folder + "/registers/park-trees.yaml", kTrees);
  write_file(folder + "/workflows/tree-care.yaml", kTreeCare);
  return city_of(load_city(folder));
}

/// Everything a service needs on an open, migrated store.
struct Hall {
  Hall(store::Store& store, const std::string& folder, std::shared_ptr<const city::City> the_city, const Clock& clock, Rng& rng, MayCase may_case = {}, std::size_t index_bytes = std::size_t{1} << 26)
      : city(std::move(the_city)), vault(std::move(vault::Vault::open(folder + "/master.key", true)).value()) {
    audit = std::make_unique<audit::Audit>(store, clock);
    events = std::make_unique<events::Events>(store, clock);
    jobs = std::make_unique<jobs::Jobs>(store, clock);
    identity = std::make_unique<identity::Identity>(store, *vault, *audit, clock, sender, identity::Options{.policy_text = json::to_text(city->policy())});
    Registers::declare(*events, *jobs);
    registers = std::make_unique<Registers>(Platform{store, *vault, *audit, *events, *jobs, *identity, clock, rng, [this] { return city; },
                                                     [](Date d) { return weekday(d) != 0 && weekday(d) != 6; }, nullptr, std::move(may_case), index_bytes, 0});
  }
  static std::vector<store::Migration> migrations() {
    std::vector<store::Migration> out;
    for (const auto& list : {cases::GroundFloor::migrations(), records::migrations(), Registers::migrations()})
      out.insert(out.end(), list.begin(), list.end());
    return out;
  }
  const Register& reg(const char* id) const { return *city->get<Register>("register", id); }

  std::shared_ptr<const city::City> city;
  identity::NoSender sender;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<events::Events> events;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<Registers> registers;
};

/// A hall on a fresh database, once it is built, and people who come to it.
class HallTest : public store::testing::StoreTest {
 protected:
  HallTest() { clerk.id = 1, approver.id = 2, auditor.id = 3, stranger.id = 4; }
  std::string city_folder() const { return folder() + "/city"; }
  static ErrorCode code(const auto& result) { return result.ok() ? ErrorCode::internal : result.error().code; }
  /// What a SELECT COUNT(*) gives.
  std::int64_t count(std::string_view sql) {
    const auto row = store().read([&](store::ReadTx& tx) { return tx.query_one(sql); });
    EXPECT_TRUE(row.ok()) << row.error().to_string();
    return row.ok() ? (*row)->integer(0) : -1;
  }
  /// Everything a table holds, for comparing.
  std::vector<std::string> dump(const std::string& sql) {
    std::vector<std::string> out;
    auto rows = store().read([&](store::ReadTx& tx) { return tx.query(sql, {}); });
    EXPECT_TRUE(rows.ok()) << rows.error().to_string();
    for (const store::Row& row : *rows) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) line += row.text(i) + "|";
      out.push_back(std::move(line));
    }
    return out;
  }
  std::vector<std::string> index() { return dump("SELECT CAST(field AS TEXT), value, CAST(record AS TEXT) FROM record_value ORDER BY 1, 2, 3"); }

  FakeClock clock{*parse_rfc3339("2026-05-11T10:00:00+09:00")};   // a Monday
  vault::SystemRng rng;
  std::unique_ptr<Hall> hall;
  Registers* registers = nullptr;
  identity::Principal clerk = staff("担当 一郎", "c1", {"clerk"}, "health"), approver = staff("決裁 花", "a1", {"approver"}, "health"),
                      auditor = staff("監査", "u1", {"auditor"}, "digital"), stranger = staff("他局", "s1", {"clerk", "approver"}, "digital");
};

class RegistersTest : public HallTest {
 protected:
  RegistersTest() {
    migrate(Hall::migrations());
    hall = std::make_unique<Hall>(store(), folder(), small_city(city_folder()), clock, rng);
    registers = hall->registers.get();
    trees = &hall->reg("park-trees"), parks = &hall->reg("parks");
  }
  /// One more register of the city, or another text of one that it has; in force after reload().
  void define(const std::string& name, std::string_view text) const { write_file(city_folder() + "/registers/" + name + ".yaml", text); }
  /// The city as its files are now.
  void reload() {
    hall->city = city_of(load_city(city_folder()));
    trees = &hall->reg("park-trees"), parks = &hall->reg("parks");
  }
  static json::Value values(const char* text) { return *json::parse(text); }
  /// A row that must be accepted.
  Row add(const Register& reg, const char* text, const identity::Principal& who) {
    auto saved = registers->add(reg, values(text), "登録", who, "ja", "r");
    EXPECT_TRUE(saved.ok()) << saved.error().to_string();
    for (const auto& e : saved->errors) ADD_FAILURE() << e.column << " " << e.code << " " << e.message;
    return saved->row ? *saved->row : Row();
  }
  Result<Saved> change(const Row& row, const char* text, const identity::Principal& who, const std::set<std::string>& over = {}) {
    return registers->change(*trees, row.number, row.revision, values(text), over, "訂正", who, "ja", "r");
  }

  const Register* trees = nullptr;
  const Register* parks = nullptr;
};

}  // namespace machiya::registers::testing
