// For the matrix of authorization: everybody who asks, and the sample objects of each kind that a route's declaration can name. Who adds a
// route with a new kind of object adds its samples here (CONTRIBUTING.md); a route without one fails the matrix.
#pragma once
#include "app/authorization_world.h"
#include "ask/cases/cases.h"
#include "ask/cases/reports.h"
#include "ask/cases/submission.h"

namespace machiya::app::authorization {

struct Sample {
  std::string label;
  std::map<std::string, std::string> params;
  Thing thing;
};

class Samples {
 public:
  explicit Samples(World& world) : w(world) {
    callers();
    cases();
    people();
    drafts();
    registers();
    forms();
    messages();
    signs();
    devices();
    callouts();
    alarms();
  }
  std::vector<Caller> all;
  std::map<std::string, std::vector<Sample>> of;
  Caller& caller(const std::string& name) { return *std::find_if(all.begin(), all.end(), [&](const Caller& c) { return c.asker.name == name; }); }

 private:
  World& w;

  void callers() {
    all.push_back(w.visitor());
    for (const char* name : {"owner", "stranger", "guardian", "delegate", "delegate-of-one", "expired", "withdrawn"}) all.push_back(w.citizen(name));
    for (const char* role : {"clerk", "approver", "counter", "moderator", "admin", "auditor", "ciso", "crisis"})
      for (const auto& [place, department] : {std::pair{"here", kHere}, {"there", kThere}}) all.push_back(w.staff(std::string(role) + "-" + place, {role}, department));
    for (const char* name : {"member", "emergency", "lapsed"}) all.push_back(w.staff(name, {"clerk"}, kThere));
    all.push_back(w.staff("no-role", {}, kHere));
    for (const char* purpose : {"assist", "register", "audit", "nosuch", "emergency"}) {   // the same clerk with a claimed purpose
      Caller claiming = caller("clerk-here");
      claiming.asker.name = std::string("clerk-here for ") + purpose, claiming.asker.purpose = purpose;
      all.push_back(claiming);
    }
    all.push_back(w.client("sender", {"applications"}, {}, ""));
    all.push_back(w.client("other-sender", {"applications"}, {}, ""));
    all.push_back(w.client("reader", {"registers.read"}, {"clerk"}, kHere));
    all.push_back(w.client("reader-there", {"registers.read"}, {"clerk"}, kThere));
    all.push_back(w.client("writer", {"registers.write"}, {"approver"}, kHere));
    all.push_back(w.client("writer-there", {"registers.write"}, {"approver"}, kThere));
    all.push_back(w.client("siren", {"alerts"}, {}, ""));
    all.push_back(w.client("postman", {"mail-reports"}, {}, ""));
    all.push_back(w.client("alarm", {"signage.alert", "callout.trigger"}, {}, ""));
    all.push_back(w.client("seatless", {"registers.read", "registers.write"}, {}, ""));
  }

  identity::Principal principal(const std::string& account) {
    identity::Principal p;
    auto staff = w.store().read([&](store::ReadTx& tx) { return w.house().identity().staff(tx); });
    for (const auto& member : *staff)
      if (member.name == account) p.kind = identity::PrincipalKind::staff, p.id = member.id, p.public_id = member.public_id, p.name = member.name, p.roles = member.roles, p.department = member.department;
    return p;
  }
  void done(const Result<void>& result) { EXPECT_TRUE(result.ok()) << result.error().to_string(); }
  void in_write(const std::function<Result<void>(store::Tx&)>& work) {
    done(w.store().write([&](store::Tx& tx) -> Result<void> { return work(tx); }));
  }

  Thing case_thing(const char* department, const std::string& person, const std::string& procedure) {
    Thing out;
    out.department = department, out.person = person, out.procedure = procedure, out.sender = "sender";
    if (person == "owner")
      out.ties = {{"guardian", "guardian", "", true}, {"delegate", "delegate", "", true}, {"delegate", "delegate-of-one", "matrix-c", true}, {"delegate", "expired", "", false},
                  {"delegate", "withdrawn", "", false}};
    return out;
  }

  void cases() {
    std::string blob, other_blob, decided_blob, one_blob;
    const Caller& sender = caller("sender");
    const std::string a = w.apply(sender, "matrix-a", "owner", blob), b = w.apply(sender, "matrix-b", "stranger", other_blob), c = w.apply(sender, "matrix-c", "owner", one_blob);
    const std::string d = w.apply(sender, "matrix-a", "owner", decided_blob);
    cases::Act act;
    act.action = "begin";
    EXPECT_TRUE(w.house().cases().act(d, act, principal("clerk-here")).ok());
    act.action = "grant";
    EXPECT_TRUE(w.house().cases().act(d, act, principal("clerk-here")).ok());
    EXPECT_TRUE(w.house().cases().confirm(d, true, act, principal("approver-here")).ok());
    EXPECT_TRUE(w.house().cases().assign(a, "member", {}, principal("approver-here")).ok());
    Thing mine = case_thing(kHere, "owner", "matrix-a"), theirs = case_thing(kThere, "stranger", "matrix-b"), one = case_thing(kHere, "owner", "matrix-c"), decided = mine;
    mine.assignee = "member";
    for (const char* name : {"emergency", "lapsed"}) {
      in_write([&](store::Tx& tx) {
        return w.house().identity().emergencies().open(tx, principal(name), *w.house().identity().policy(), "case:" + a, w.person("owner").id, "case.read", "decide", "検査のための緊急閲覧です", "setup");
      });
      Thing waiting;
      std::string id;
      done(w.store().read([&](store::ReadTx& tx) -> Result<void> {
        MACHIYA_TRY(const auto rows, w.house().identity().emergencies().of_object(tx, "case:" + a));
        id = rows.front().public_id;
        return {};
      }));
      of["emergency"] = {{"waiting", {{"emergency", id}}, waiting}};
      mine.ties.push_back({"emergency", name, "", std::string(name) == "emergency"});
    }
    of["case"] = {{"own family, here", {{"number", a}, {"action", "begin"}, {"blob", blob}}, mine}, {"other family, there", {{"number", b}, {"action", "begin"}, {"blob", other_blob}}, theirs},
                  {"of one procedure", {{"number", c}, {"action", "begin"}, {"blob", one_blob}}, one}};
    of["case-file"] = of["own-case"] = of["case"];
    of["provider"] = {{"unknown", {{"provider", "nosuch"}}, {}}};
    of["any-case"] = {of["case"].front()};
    of["decided-case"] = {{"decided", {{"number", d}}, decided}};
    of["signed-case"] = {{"own family, here", {{"number", signed_case()}, {"part", "application.json"}}, case_thing(kHere, "owner", "matrix-signed")}};
    reports(sender);
    of["own-case"].push_back(of["report-case"].front());
    of["sent-case"] = of["own-case"];
    lapse();
  }
  /// The emergencies of one member of staff are over.
  void lapse() {
    in_write([&](store::Tx& tx) -> Result<void> {
      auto done = tx.execute("UPDATE identity_emergency SET until = 1 WHERE staff = :s", {{"s", principal("lapsed").actor()}});
      return done.ok() ? Result<void>() : Result<void>(done.error());
    });
  }

  /// One that says that it was signed, as the demonstration's do; how signatures are judged is tested elsewhere (tests/cards).
  std::string signed_case() {
    cases::Submission s;
    s.procedure = "matrix-signed", s.applicant = w.person("owner"), s.channel = "demo", s.idempotency_key = "signed", s.log = json::Value::array();
    s.values = json::Value::object({{"person", json::Value::object({{"family", kOwn.family}, {"given", kOwn.given}})}, {"home", kOwn.home}, {"phone", kOwn.phone}});
    s.signature = cases::rehearsed_signature(s, w.house().clock().now());
    const auto receipt = w.house().cases().submit(s);
    EXPECT_TRUE(receipt.ok()) << receipt.error().to_string();
    return receipt.ok() ? receipt->number : "";
  }

  void reports(const Caller& sender) {
    const std::string body = R"({"answers":{"category":"hole","place":{"address":"大阪市","lat":34.69,"lon":135.5},"photo":[{"blob":")" + w.upload(sender, "photo.png") + R"(","filename":"photo.png","type":"image/png","bytes":70}]}})";
    const std::string number = w.api(sender, http::Method::post, "/api/v1/procedures/matrix-report/applications", body, 201, {{"idempotency-key", "report"}}).text("number");
    // Its photo may be seen; it is still being drawn anew (503), for nobody works on jobs here.
    EXPECT_TRUE(cases::Reports(w.house().cases()).moderate(number, records::Publicity::released, principal("moderator-here"), "setup").ok());
    Thing thing;
    thing.department = kHere, thing.procedure = "matrix-report", thing.ownerless = true, thing.sender = "sender";
    of["report-case"] = {{"report", {{"number", number}}, thing}};
    of["report"] = {{"report", {{"number", number}, {"file", number + ".json"}}, thing}};
  }

  void people() {
    auto& ties = w.house().identity().ties();
    const Instant until{w.house().clock().now().us + 30 * kDay};
    std::string last;
    for (const auto& [name, procedure] : {std::pair{"delegate", ""}, {"delegate-of-one", "matrix-c"}, {"expired", ""}, {"withdrawn", ""}})
      in_write([&, name = name, procedure = procedure](store::Tx& tx) -> Result<void> {
        MACHIYA_TRY(const auto offer, ties.offer(tx, w.person("owner"), procedure, until, "setup"));
        MACHIYA_CHECK(ties.accept(tx, w.person(name), offer.code, "setup"));
        if (std::string(name) == "delegate") last = offer.id;
        if (std::string(name) == "withdrawn") to_end_ = offer.id;
        if (std::string(name) != "expired") return {};
        auto over = tx.execute("UPDATE identity_tie SET until = accepted + 1 WHERE public_id = :p", {{"p", offer.id}});
        return over.ok() ? Result<void>() : Result<void>(over.error());
      });
    in_write([&](store::Tx& tx) {
      return ties.record_guardian(tx, principal("counter-here"), *w.house().identity().policy(), w.person("owner"), w.person("guardian"), until, "family-register", "setup");
    });
    // One that nobody depends on: whoever may end it does so.
    std::string spare;
    in_write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(const auto offer, ties.offer(tx, w.person("owner"), "", until, "setup"));
      spare = offer.id;
      return ties.accept(tx, w.person("delegate"), offer.code, "setup");
    });
    Thing thing;
    thing.person = "owner", thing.ties = {{"delegate", "delegate", "", true}};
    of["delegation"] = {{"delegation", {{"delegation", spare}}, thing}};
    of["person"] = {{"person", {{"person", w.person("owner").public_id}}, {}}};
  }

  std::string base_of(const Caller& who, const std::string& page) { return behind(w.get(who, page).body, "name=\"base\" value=\""); }
  /// A draft with the first page filled in; gives its path.
  std::string draft(const Caller& who, const std::string& procedure, http::Pairs more = {}) {
    const auto started = w.post(who, "/procedures/" + procedure + "/start", std::move(more));
    const std::string page = header_of(started, "location");
    EXPECT_EQ(started.status, 303) << started.body.substr(0, 300);
    const std::string path = page.substr(0, page.rfind('/'));
    if (procedure == "matrix-report") return path;
    Call call{http::Method::post, path + "/who", {{"person.family", "金糸雀"}, {"person.given", "朱鷺子"}, {"person.family_kana", "カナリア"}, {"person.given_kana", "トキコ"}, {"home", "九十九鳥町"},
                                                  {"phone", "0699990011"}, {"action", "next"}, {"base", base_of(who, path + "/who")}}, {}, {{"paper", w.folder() + "/paper.pdf"}}};
    EXPECT_EQ(w.ask(who, call).status, 303);
    return path;
  }
  static std::string id_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

  void drafts() {
    Thing own, visitors, behalf, over;
    own.person = "owner", own.maker = "owner", visitors.session = "visitor", visitors.maker = "visitor", behalf.person = behalf.maker = "delegate", over.person = over.maker = "withdrawn", over.lapsed = true;
    const std::string mine = draft(caller("owner"), "matrix-a"), guest = draft(caller("visitor"), "matrix-report");
    const auto files = w.get(caller("owner"), mine + "/who").body;
    const std::string blob = behind(files, "name=\"paper.remove\" value=\"");
    const auto started_for = [&](const char* name) {
      const std::string tie = behind(w.get(caller(name), "/procedures/matrix-a").body, "<option value=\"", "\"");
      const std::string page = w.get(caller(name), "/procedures/matrix-a").body;
      const auto at = page.find("<select class=\"input select\" id=\"for\"");
      const auto options = page.substr(at == std::string::npos ? 0 : at);
      std::string chosen;
      for (std::size_t from = 0; (from = options.find("<option value=\"", from)) != std::string::npos; ++from)
        if (const auto value = behind(options.substr(from), "<option value=\"", "\""); value.size() == 26) chosen = value;
      EXPECT_EQ(chosen.size(), 26u) << name;
      return draft(caller(name), "matrix-a", {{"for", chosen}});
    };
    const std::string theirs = started_for("delegate"), ended = started_for("withdrawn");
    in_write([&](store::Tx& tx) { return w.house().identity().ties().end(tx, w.person("owner"), to_end_, *w.house().identity().policy(), "setup"); });
    of["draft"] = {{"owner's", {{"draft", id_of(mine)}, {"page", "who"}}, own}, {"visitor's", {{"draft", id_of(guest)}, {"page", "what"}}, visitors},
                   {"for another", {{"draft", id_of(theirs)}, {"page", "who"}}, behalf}, {"for another, over", {{"draft", id_of(ended)}, {"page", "who"}}, over}};
    of["draft-item"] = {{"owner's", {{"draft", id_of(mine)}, {"page", "lamps"}, {"item", "1"}}, own}};
    of["draft-file"] = {{"owner's", {{"draft", id_of(mine)}, {"blob", blob}}, own}};
    const std::string sent = draft(caller("owner"), "matrix-c");
    EXPECT_EQ(w.post(caller("owner"), sent + "/lamps/1", {{"height", "3"}, {"action", "next"}, {"base", base_of(caller("owner"), sent + "/lamps/1")}}).status, 303);
    const auto receipt = w.post(caller("owner"), sent + "/check", {{"action", "send"}});
    EXPECT_EQ(header_of(receipt, "location"), sent + "/receipt");
    of["sent-draft"] = {{"owner's", {{"draft", id_of(sent)}}, own}};
  }

  /// Posts a form with a paper as a browser does: with everything hidden in it.
  http::Response fill_in(const Caller& who, const std::string& path, http::Pairs typed) {
    const std::string page = w.get(who, path).body;
    for (std::size_t at = 0; (at = page.find("<input type=\"hidden\" name=\"", at)) != std::string::npos; ++at) {
      const std::string rest = page.substr(at, 4000), name = behind(rest, "name=\"", "\"");
      if (name != "csrf" && name != "action") typed.emplace_back(name, behind(rest, "value=\"", "\""));
    }
    return w.ask(who, {http::Method::post, path, std::move(typed), {}, {{"paper", w.folder() + "/paper.pdf"}}});
  }

  /// A message of each department, as staff write it.
  void messages() {
    for (const auto& [place, department] : {std::pair{"here", kHere}, {"there", kThere}}) {
      Thing thing;
      thing.department = department;
      const auto made = w.post(caller(std::string("crisis-") + place), "/staff/messages?class=emergency", {{"title.ja", "検査"}, {"body.ja", "検査です"}});
      EXPECT_EQ(made.status, 303) << made.body.substr(0, 500);
      of["message"].push_back({place, {{"message", id_of(header_of(made, "location"))}}, thing});
    }
    table();
    // What citizens read of them: a released one, and not one that staff still write.
    const auto made = w.post(caller("crisis-here"), "/staff/messages?class=emergency", {{"title.ja", "検査の二"}, {"body.ja", "検査です"}});
    const std::string released = id_of(header_of(made, "location"));
    in_write([&](store::Tx& tx) -> Result<void> {
      auto done = tx.execute("UPDATE campaign SET state = 2, released_us = created_us WHERE public_id = :p", {{"p", released}});
      return done.ok() ? Result<void>() : Result<void>(done.error());
    });
    Thing open;
    open.ownerless = true;
    of["published-message"] = {{"released", {{"message", released}}, open}, {"draft", of["message"].front().params, {}}};
    // Links that open by what they hold, and answer the same when it is nobody's.
    const std::string nobody(26, '0');
    of["leave-link"] = {{"nobody's", {{"recipient", nobody}, {"channel", "mail"}}, {}}};
    of["topic-feed"] = {{"disaster", {{"file", "disaster.atom"}}, {}}};
    of["trigger"] = {{"tsunami", {{"trigger", "jma-tsunami-warning"}}, {}}};   // what nobody of the matrix can fire: it asks without a key
    of["opt-in"] = {{"nobody's", {{"token", nobody}}, {}}};
  }

  /// A message with a table of values of each recipient: names and mailboxes, which no page shows again.
  void table() {
    EXPECT_EQ(w.post(caller("owner"), "/my/messages/mail", {}).status, 303);
    Thing thing;
    thing.department = kHere;
    const auto made = w.post(caller("clerk-here"), "/staff/messages", {{"title.ja", "検査"}, {"body.ja", "{名前}様"}, {"topic", "jobs"}});
    EXPECT_EQ(made.status, 303) << made.body.substr(0, 500);
    const std::string id = id_of(header_of(made, "location"));
    put_file(w.folder() + "/table.csv", std::string("mail,名前\n") + kOwn.email + "," + kOwn.family + "\n" + kOwn.email + "," + kOwn.given + "\n" + kOther.email + "," + kOther.family + "\n");
    const auto attached = w.ask(caller("clerk-here"), {http::Method::post, "/staff/messages/" + id + "/table", {{"act", "attach"}}, {}, {{"file", w.folder() + "/table.csv"}}});
    EXPECT_EQ(attached.status, 303) << attached.body.substr(0, 2000);
    const std::string found = w.get(caller("clerk-here"), "/staff/messages/" + id + "/table.csv").body;
    EXPECT_NE(found.find("\n3,twice"), std::string::npos) << found;
    EXPECT_NE(found.find("\n4,unknown"), std::string::npos) << found;
    of["message"].push_back({"here, with a table", {{"message", id}}, thing});
  }

  /// A call-out of all, prepared and started; the staff list holds the owner's and the stranger's names.
  void callouts() {
    put_file(w.folder() + "/staff.csv", std::string("職員番号,氏名,所属,sms\n1,") + kOwn.family + "," + kHere + ",09011112222\n2," + kOther.family + "," + kThere + ",09011113333\n");
    const auto taken = w.ask(caller("crisis-here"), {http::Method::post, "/staff/callouts/members", {}, {}, {{"file", w.folder() + "/staff.csv"}}});
    EXPECT_EQ(taken.status, 200) << taken.body.substr(0, 2000);
    const auto made = w.post(caller("crisis-here"), "/staff/callouts", {{"template", "safety"}});
    EXPECT_EQ(made.status, 303) << made.body.substr(0, 500);
    const std::string id = id_of(header_of(made, "location"));
    of["callout"] = {{"all", {{"callout", id}}, {}}};
    of["department"] = {{"here", {{"department", kHere}}, {}}};
    in_write([&](store::Tx& tx) -> Result<void> {   // nobody works on call-outs here: one person, by hand
      auto person = tx.execute("INSERT INTO callout_person (callout, member, token, department, stands_for, asked, answered_us, answers, duty, arrives_us, hurt, family)"
                               " SELECT c.id, m.id, :t, m.department, 0, FALSE, NULL, 0, 0, NULL, 0, 0 FROM callout c, callout_member m WHERE m.department = :d",
                               {{"t", std::string(25, '0') + "1"}, {"d", kHere}});
      return person.ok() ? Result<void>() : Result<void>(person.error());
    });
    of["map"] = {{"public", {{"map", "bicycle-parking"}, {"z", "10"}, {"x", "897"}, {"y", "406.mvt"}}, {}}};
    of["staff-map"] = {{"staff", {{"map", "infrastructure-sensors"}, {"z", "10"}, {"x", "897"}, {"y", "406.mvt"}}, {}}};
    of["open-data"] = {{"published", {{"name", "bicycle-parking"}, {"file", "gbfs.json"}}, {}}};   // of the city's own definitions
    of["callout-answer"] = {{"hers", {{"token", std::string(25, '0') + "1"}}, {}}};
  }

  void signs() {
    for (const auto& [place, department] : {std::pair{"here", kHere}, {"there", kThere}}) {
      Thing thing;
      thing.department = department;
      const Caller& approver = caller(std::string("approver-") + place);
      const auto made = w.post(approver, "/staff/signage", {{"name", "検査の画面"}, {"language", "ja"}, {"message_hours", "1"}});
      EXPECT_EQ(made.status, 303) << made.body.substr(0, 500);
      of["screen"].push_back({place, {{"screen", id_of(header_of(made, "location"))}}, thing});
      const std::string token = behind(w.get(approver, header_of(made, "location")).body, "href=\"/signage/");
      EXPECT_FALSE(token.empty());
      of["signage"].push_back({place, {{"screen", token}}, {}});
    }
  }

  /// A device of each department, and something that it sent which nobody could take.
  void devices() {
    for (const auto& [place, department] : {std::pair{"here", kHere}, {"there", kThere}}) {
      Thing thing;
      thing.department = department;
      const std::string id = std::string("counter-") + place, misfit = std::string(25, '0') + (department == std::string(kHere) ? "2" : "3");
      const auto made = w.post(caller(std::string("approver-") + place), "/staff/devices", {{"profile", "parking-counter"}, {"id", id}, {"name", "検査の計数器"}, {"detail-parking", id}, {"detail-spaces", "10"}});
      EXPECT_EQ(made.status, 303) << made.body.substr(0, 500);
      of["device"].push_back({place, {{"device", id}}, thing});
      in_write([&](store::Tx& tx) -> Result<void> {
        auto row = tx.execute("INSERT INTO sense_misfit (public_id, device, profile, version, door, place, about, payload, bytes, digest, code, causes, taken, first_us, last_us, repeats, state, actor, reason)"
                              " VALUES (:id, :device, 'parking-counter', 1, 'http', 'p', '{}', :payload, 1, :id, 'unreadable', '[]', FALSE, 0, 0, 1, 'open', '', '')",
                              {{"id", misfit}, {"device", id}, {"payload", store::Bytes{"?"}}});
        return row.ok() ? Result<void>() : Result<void>(row.error());
      });
      of["misfit"].push_back({place, {{"misfit", misfit}}, thing});
    }
  }

  /// One entity, and an alarm of it for each department's rule.
  void alarms() {
    const Caller sensor = w.client("sensor", {"entities.read", "entities.write"}, {}, "");
    const std::string body = R"({"id":"urn:matrix:1","type":"MatrixThing","level":{"type":"Property","value":2}})";
    const auto made = w.ask(sensor, {http::Method::post, "/ngsi-ld/v1/entities", {}, body, {}, "setup", {{"content-length", std::to_string(body.size())}, {"accept", "application/json"}}});
    EXPECT_EQ(made.status, 201) << made.body.substr(0, 500);
    EXPECT_TRUE(w.house().judge_alarms().ok());
    const std::string wish = R"({"id":"urn:ngsi-ld:Subscription:matrix","type":"Subscription","entities":[{"type":"MatrixThing"}],"notification":{"endpoint":{"uri":"https://subscriber.example/"}}})";
    const auto subscribed = w.ask(sensor, {http::Method::post, "/ngsi-ld/v1/subscriptions", {}, wish, {}, "setup", {{"content-length", std::to_string(wish.size())}, {"accept", "application/json"}}});
    EXPECT_EQ(subscribed.status, 201) << subscribed.body.substr(0, 500);
    of["subscription"] = {{"of a client", {{"subscription", "urn:ngsi-ld:Subscription:matrix"}}, {}}};
    for (const auto& [place, rule, department] : {std::tuple{"here", "matrix-alarm-a", kHere}, {"there", "matrix-alarm-b", kThere}}) {
      Thing thing;
      thing.department = department;
      const auto found = w.store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT public_id FROM sense_alarm WHERE rule = :rule", {{"rule", rule}}); });
      ASSERT_TRUE(found.ok() && *found);
      const std::string id = (*found)->text(0);
      of["alarm"].push_back({place, {{"alarm", id}}, thing});
    }
  }

  void registers() {
    for (const auto& [reg, place, department] : {std::tuple{"matrix-rows-a", "here", kHere}, {"matrix-rows-b", "there", kThere}}) {
      Thing thing;
      thing.department = department, thing.procedure = "case.review";   // of the sample's action
      thing.rights = {{"read", {"clerk", "approver", "auditor"}}, {"write", {"clerk", "approver"}}, {"bulk", {"approver"}}, {"import", {"approver"}}};
      const std::string base = std::string("/staff/registers/") + reg;
      const Caller& clerk = caller(std::string("clerk-") + place);
      const Caller& approver = caller(std::string("approver-") + place);
      const auto made = fill_in(clerk, base + "/new", {{"tag", std::string("tag-") + place}, {"keeper", std::string(place) == "here" ? kOwn.family : kOther.family}, {"action", "next"}});
      EXPECT_EQ(made.status, 303) << made.body.substr(0, 2000);
      const std::string number = behind(header_of(made, "location"), "/rows/");
      const std::string blob = behind(w.get(clerk, base + "/rows/" + number).body, "/files/");
      const auto kept = fill_in(clerk, base + "/new", {{"tag", ""}, {"action", "next"}});
      EXPECT_EQ(kept.status, 422);
      const auto upload = w.ask(approver, {http::Method::post, base + "/import", {}, {}, {{"file", w.folder() + "/rows.csv"}}});
      EXPECT_EQ(upload.status, 303) << upload.body.substr(0, 500);
      const auto bulk = w.api(caller(std::string(place) == "here" ? "writer" : "writer-there"), http::Method::post, std::string("/api/v1/registers/") + reg + "/rows/bulk",
                              std::string(R"({"query":{},"values":{"keeper":")") + (std::string(place) == "here" ? kOwn.given : kOther.given) + R"("},"reason":"test","expected":1})", 200);
      std::map<std::string, std::string> params = {{"register", reg}, {"number", number}, {"action", "fell"}, {"blob", blob}, {"batch", bulk.text("batch")},
                                                   {"import", behind(header_of(upload, "location"), "/import/", "/")}};
      of["register"].push_back({place, params, thing});
      Thing row = thing;
      if (std::string(place) == "here")
        for (const char* name : {"emergency", "lapsed"}) {
          in_write([&](store::Tx& tx) {
            return w.house().identity().emergencies().open(tx, principal(name), *w.house().identity().policy(), std::string("row:") + reg + "/" + number, 0, "register.read", "register", "検査のための緊急閲覧です", "setup");
          });
          row.ties.push_back({"emergency", name, "", std::string(name) == "emergency"});
        }
      lapse();
      of["any-row"].push_back({place, params, {}});
      of["row"].push_back({place, params, row});
      of["row-file"].push_back({place, params, row});
      of["batch"].push_back({place, params, thing});
      Thing imported = thing, waiting = thing;
      imported.maker = approver.asker.who, waiting.maker = clerk.asker.who;
      of["import"].push_back({place, params, imported});
      params["blob"] = behind(kept.body, "name=\"paper.remove\" value=\"");
      of["new-file"].push_back({place, params, waiting});
    }
  }

  /// A form that was posted after the log-in had ended, kept for the same person.
  void forms() {
    const Caller before = w.citizen("owner");
    w.post(before, "/logout", {});
    Call late{http::Method::post, "/my/delegations", {{"procedure", "*"}, {"csrf", before.csrf}}, {}, {}};
    const std::string next = http::url_decode(header_of(w.ask(before, late), "location"));
    Thing thing;
    thing.maker = "owner";
    of["kept-form"] = {{"owner's", {{"ticket", behind(next, "/login/continue/")}}, thing}};
    EXPECT_FALSE(of["kept-form"].front().params["ticket"].empty()) << next;
  }
  std::string to_end_;
};

}  // namespace machiya::app::authorization
