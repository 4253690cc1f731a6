// For the tests of the service: a fresh database, two small procedures with their workflow, people and clerks.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "ask/cases/cases.h"
#include "ask/cases/case_events.h"
#include "ask/cases/export_text.h"
#include "ask/cases/ground_floor.h"
#include "ask/cases/reports.h"
#include "ask/cases/statistics.h"
#include "base/log.h"
#include "platform/store/testing.h"

namespace machiya::cases {

inline constexpr std::string_view kProcedure = R"({"procedure":"dog","version":1,"kind":"notification","owner":"health","case":"permit","target":"P10D",
 "name":{"ja":"犬の登録","en":"Dog registration"},
 "pages":[{"page":"dog","title":{"ja":"犬"},"ask":[{"name":"dog_name","type":"text","label":{"ja":"名前"}},
  {"name":"born","type":"date","label":{"ja":"生年月日"}},{"name":"owner_name","type":"name","label":{"ja":"飼い主"}}]}]})";
inline constexpr std::string_view kReport = R"({"procedure":"fault","version":1,"owner":"construction","case":"permit","name":"通報",
 "map":{"public":true,"category":"kind","place":"place","photo":"photo"},
 "pages":[{"page":"p","title":"場所","ask":[{"name":"kind","type":"choice","label":"種類","options":[{"value":"hole","label":"穴"},{"value":"light","label":"街灯"}]},
  {"name":"place","type":"place","label":"場所"},{"name":"photo","type":"photo","label":"写真"}]}]})";
inline constexpr std::string_view kWorkflow = R"({"workflow":"permit","start":"received",
 "states":[{"state":"received","name":"受付","clock":"running"},{"state":"correction","name":"補正","clock":"stopped","opens":"correction"},
  {"state":"granted","name":"許可","end":"decided","outcome":"granted"},{"state":"refused","name":"不許可","end":"decided","outcome":"refused"},
  {"state":"stale","name":"期限切れ","end":"closed"},{"state":"withdrawn","name":"取下げ","end":"withdrawn"}],
 "actions":[
  {"action":"ask","name":"補正を求める","from":["received"],"to":"correction","by":"staff","permission":"case.review","needs":["fields","note"]},
  {"action":"answer","name":"補正","from":["correction"],"to":"received","by":"applicant"},
  {"action":"grant","name":"許可","from":["received"],"to":"granted","by":"staff","permission":"case.decide","four_eyes":true,"document":"permit"},
  {"action":"refuse","name":"不許可","from":["received"],"to":"refused","by":"staff","permission":"case.decide","needs":["reason"]},
  {"action":"young","name":"幼犬","from":["received"],"to":"granted","by":"staff","permission":"case.decide","when":"fee > 100000"},
  {"action":"lapse","name":"期限切れ","from":["correction"],"to":"stale","by":"system","after":"P30D"},
  {"action":"withdraw","name":"取下げ","from":["received","correction"],"to":"withdrawn","by":"applicant"}],
 "documents":[{"document":"permit","title":"許可書","body":"{applicant.name}様の犬「{dog_name}」を許可します。手数料{fee}。{unknown}"}],
 "retention":{"keep":"P5Y","from":"end","basis":"規程"}})";

inline constexpr std::string_view kPolicy = R"({"roles":{
 "clerk":{"permissions":["case.list","case.read","case.note","case.assign","case.review","case.decide","case.export"],"scope":"own-department"},
 "approver":{"permissions":["case.list","case.read","case.review","case.decide","case.approve"],"scope":"own-department"},
 "moderator":{"permissions":["report.release","photo.release","case.list","case.read"],"scope":"all"}},
 "relations":{"owner":{"may":["case.read","case.document","case.correct","case.withdraw","case.file"]}}})";

class Texts final : public DefinitionSource {
 public:
  std::uint64_t revision() const override { return revision_; }
  std::optional<DefinitionText> find(std::string_view kind, std::string_view id) const override {
    for (const auto& [k, text] : all_)
      if (k == kind && text.id == id) return text;
    return std::nullopt;
  }
  std::vector<std::string> ids(std::string_view kind) const override {
    std::vector<std::string> out;
    for (const auto& [k, text] : all_)
      if (k == kind) out.push_back(text.id);
    return out;
  }
  void put(const std::string& kind, const std::string& id, std::string_view body) {
    std::erase_if(all_, [&](const auto& e) { return e.first == kind && e.second.id == id; });
    all_.push_back({kind, {id, vault::sha256_hex(body), 1, 3, std::make_shared<const std::string>(body)}});
    ++revision_;
  }

 private:
  std::vector<std::pair<std::string, DefinitionText>> all_;
  std::uint64_t revision_ = 1;
};

class CasesTest : public store::testing::StoreTest {
 protected:
  explicit CasesTest(std::string_view policy = kPolicy) : clock(*parse_rfc3339("2026-05-01T10:00:00+09:00")) {
    auto opened = vault::Vault::open(folder() + "/master.key", true);
    EXPECT_TRUE(opened.ok());
    vault = std::move(*opened);
    migrate(GroundFloor::migrations());
    migrate(Cases::migrations());
    ground = std::make_unique<GroundFloor>(store(), *vault, clock, std::string(policy));
    texts.put("procedure", "dog", kProcedure);
    texts.put("procedure", "fault", kReport);
    texts.put("workflow", "permit", kWorkflow);
    Cases::declare(ground->events, ground->jobs);
    Ports ports;
    ports.definitions = &texts;
    ports.is_working_day = [](Date d) { return weekday(d) != 0 && weekday(d) != 6; };
    ports.departments = [] { return std::vector<std::string>{"health", "construction"}; };
    cases = std::make_unique<Cases>(Platform{store(), *vault, ground->audit, ground->events, ground->jobs, ground->identity, clock, rng}, ports);
    hanako = person("hanako@example.jp");
    taro = person("taro@example.jp");
    clerk = staff("clerk", "c1", {"clerk"}, "health");
    other_clerk = staff("clerk2", "c2", {"approver"}, "health");
    stranger = staff("road", "c3", {"clerk"}, "construction");
  }
  identity::Principal person(const char* email) {
    auto p = store().write([&](store::Tx& tx) { return ground->identity.ensure_person(tx, email, identity::Assurance::contact); });
    EXPECT_TRUE(p.ok());
    return *p;
  }
  static identity::Principal staff(const char* name, const char* id, std::vector<std::string> roles, const char* department) {
    identity::Principal p;
    p.kind = identity::PrincipalKind::staff, p.name = name, p.public_id = id, p.roles = std::move(roles), p.department = department;
    return p;
  }
  Submission dog(const identity::Principal& who, std::string key = {}) {
    Submission s;
    s.procedure = "dog", s.applicant = who, s.idempotency_key = std::move(key), s.fee = 3550;
    s.values = *json::parse(R"({"dog_name":"ポチ","born":"2025-12-01","owner_name":{"family":"山田","given":"花子"}})");
    s.log = json::Value::array();
    s.search = {{"name", "山田 花子"}, {"kana", "ヤマダ ハナコ"}};
    return s;
  }
  std::string submitted() {
    auto r = cases->submit(dog(hanako));
    EXPECT_TRUE(r.ok()) << r.error().to_string();
    return r->number;
  }
  static Act act(std::string action) {
    Act a;
    a.action = std::move(action);
    return a;
  }
  std::string ask_for_name(const std::string& number) {
    Act a = act("ask");
    a.note = "名前を確かめる", a.fields = {"dog_name"};
    auto v = cases->act(number, a, clerk);
    EXPECT_TRUE(v.ok()) << v.error().to_string();
    return v->state;
  }
  static ErrorCode code(const auto& result) { return result.ok() ? ErrorCode::internal : result.error().code; }

  FakeClock clock;
  SeededRng rng{42};
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<GroundFloor> ground;
  Texts texts;
  std::unique_ptr<Cases> cases;
  identity::Principal hanako, taro, clerk, other_clerk, stranger;
};

}  // namespace machiya::cases
