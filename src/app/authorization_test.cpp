// The matrix of authorization: every route × everybody × every sample of what it addresses, allow and deny, on both databases, against an
// oracle that reads policy.yaml by itself (authorization_oracle.h). The same walk checks that refusals change nothing, that reads of personal
// data leave an audit row with a purpose, and that personal data appear nowhere else.
#include <regex>
#include <set>

#include "app/authorization_samples.h"
#include "ask/records/records.h"

namespace machiya::app::authorization {
namespace {

/// What is sent to a route so that somebody who may is answered without much being changed: forms and bodies that fail, old revisions.
Call call_for(const http::Route& route, const Sample& sample, const std::string& asset) {
  Call out;
  out.method = route.method, out.path = route.pattern;
  std::map<std::string, std::string> params = {{"id", "matrix-a"}, {"number", "53"}, {"code", "5300001"}, {"path*", asset}};
  for (const auto& [name, value] : sample.params) params[name] = value;
  for (const auto& [name, value] : params)
    if (const auto at = out.path.find("{" + name + "}"); at != std::string::npos) out.path.replace(at, name.size() + 2, value);
  if (route.pattern.find("/points.json") != std::string::npos) out.path += "?view=map";
  if (route.method == http::Method::get) return out;
  out.form = {{"revision", "999999"}, {"expected", "999999"}};
  const auto is = [&](std::string_view pattern) { return route.pattern == pattern; };
  if (is("/staff/persons")) out.form = {{"q", kOwn.email}};
  if (is("/staff/persons/{person}/verify"))
    out.form = {{"evidence", "drivers-licence"}, {"birth_date", "1990-01-01"}, {"name.family", kOwn.family}, {"name.given", kOwn.given}, {"name.family_kana", "カナリア"}, {"name.given_kana", "トキコ"}};
  if (is("/staff/search")) out.form = {{"q", kOwn.family}};
  if (is("/staff/cases/{number}/proposal")) out.form.emplace_back("action", "confirm");
  if (is("/staff/reports/{number}")) out.form.emplace_back("action", "list");
  if (route.pattern.rfind("/api/v1/registers/", 0) != 0) return out;
  out.form.clear();
  static int made = 0;
  out.headers = {{"if-match", "\"999999\""}};
  const auto ends = [&](std::string_view end) { return route.pattern.size() >= end.size() && route.pattern.compare(route.pattern.size() - end.size(), end.size(), end) == 0; };
  out.body = ends("/bulk") ? R"({"query":{},"values":{"nosuch":1}})" : ends("/search") ? R"({})" : ends("{action}") ? R"({"reason":"test"})" : ends("/comments") ? R"({"comment":"test"})"
             : ends("/undo") ? R"({})" : route.method == http::Method::patch ? R"({"values":{"tag":"x"}})" : "{\"values\":{\"tag\":\"made-" + std::to_string(++made) + "\",\"keeper\":\"金糸雀\"}}";
  return out;
}

/// What the answer says: refused, or let in (also when the form was wrong).
bool refused(const http::Response& r, bool open_to_all) {
  if (r.status == 401 || r.status == 403 || r.status == 404) return true;
  const std::string to = header_of(r, "location");
  const std::string page = to.substr(0, to.find('?'));
  return !open_to_all && r.status == 303 && (page == "/login" || page == "/staff/login");
}

std::string body_of(const http::Response& r) {
  if (r.file.empty()) return r.body;
  std::ifstream in(r.file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}
bool has_canary(const std::string& body) { return holds(body, kOwn) || holds(body, kOther); }

/// All that is stored, beside what reading and logging in leave behind.
std::map<std::string, std::string> stored(store::Store& store) {
  std::map<std::string, std::string> out;
  const std::set<std::string> other = {"audit_row", "audit_seal", "audit_head", "identity_session", "identity_client", "identity_code", "identity_attempt", "identity_change", "store_lease", "lease"};
  auto read = store.read([&](store::ReadTx& tx) -> Result<void> {
    const bool lite = store.engine() == store::Engine::sqlite;
    MACHIYA_TRY(const auto tables, tx.query(lite ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                                                 : "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = current_schema()"));
    for (const auto& table : tables) {
      const std::string name = table.text(0);
      if (other.count(name) || name.rfind("store_", 0) == 0) continue;
      MACHIYA_TRY(const auto count, tx.query_one("SELECT count(*) FROM " + name));
      out[name] = std::to_string(count->integer(0));
    }
    for (const auto& [name, column] : {std::pair{"record", "revision"}, {"draft", "revision"}, {"identity_tie", "COALESCE(ended, 0)"}, {"identity_emergency", "COALESCE(reviewed, 0)"}, {"identity_person", "assurance"}, {"identity_staff", "active"}}) {
      MACHIYA_TRY(const auto sum, tx.query_one(std::string("SELECT CAST(COALESCE(sum(") + column + "), 0) AS " + (lite ? "INTEGER" : "BIGINT") + ") FROM " + name));
      out[std::string(name) + "." + column] = std::to_string(sum->integer(0));
    }
    return {};
  });
  EXPECT_TRUE(read.ok()) << read.error().to_string();
  return out;
}

struct Counts {
  int routes = 0, cells = 0, allowed = 0, refused = 0, personal = 0;
};

class Matrix : public ::testing::TestWithParam<store::Engine> {
 protected:
  void SetUp() override {
    database_ = store::testing::make_database(GetParam());
    world_ = std::make_unique<World>(*database_);
    samples_ = std::make_unique<Samples>(*world_);
    policy_ = std::make_unique<PolicyText>(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka/policy.yaml");
    asset_ = behind(world_->get(samples_->all.front(), "/").body, "/static/", "\"");
  }
  void TearDown() override {
    samples_.reset();
    world_.reset();
  }
  std::string audit_of(const std::string& request, const std::string& actor_kind) {
    auto row = world_->store().read([&](store::ReadTx& tx) {
      return tx.query_one("SELECT purpose FROM audit_row WHERE request = :r AND purpose <> '' AND actor LIKE :k", {{"r", request}, {"k", actor_kind + "%"}});
    });
    return row.ok() && *row ? (*row)->text(0) : "";
  }

  std::unique_ptr<store::testing::TestDatabase> database_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Samples> samples_;
  std::unique_ptr<PolicyText> policy_;
  std::string asset_;
  Counts counts_;
  std::vector<std::string> faults_;
  std::set<std::string> personal_routes_, seen_personal_;
  int request_ = 0;

  /// Own identifiers with one of the other family's or ward's in every place of every address: nothing of theirs may be shown.
  int cross(const Caller& caller, const std::string& own_label, const std::vector<std::string>& foreign, const Family& theirs);
  void fault(std::string text) { faults_.push_back(std::move(text)); }
  void walk(const http::Route& route);
  void cell(const http::Route& route, const Sample& sample, const Caller& caller, Expected expected);
  void check_reads(const http::Route& route, const Sample& sample, const Caller& caller, const std::string& request, const http::Response& r);
};

std::string name_of(const http::Route& route) { return std::string(http::method_name(route.method)) + " " + route.pattern; }

void Matrix::check_reads(const http::Route& route, const Sample& sample, const Caller& caller, const std::string& request, const http::Response& r) {
  const std::string body = body_of(r), type = header_of(r, "content-type");
  const bool canary = has_canary(body), sealed = type.find("pdf") != std::string::npos || type.find("sheet") != std::string::npos || type.find("zip") != std::string::npos;
  const std::string where = name_of(route) + " [" + sample.label + "] " + caller.asker.name;
  if (route.options.reads_personal_data) {
    const bool shown = canary || (sealed && r.status == 200);
    if (!shown && seen_personal_.count(name_of(route))) return;
    EXPECT_TRUE(world_->house().audit().seal_now().ok());   // writes what waits
    constexpr const char* kKinds[] = {"visitor", "person:", "staff:", "client:"};
    const bool noted = !audit_of(request, kKinds[caller.asker.kind]).empty();
    if (noted) seen_personal_.insert(name_of(route));
    if (shown) ++counts_.personal;
    if (shown && !noted) fault("no audit row with a purpose: " + where + " " + std::to_string(r.status));
  } else if (canary && !(route.options.shows_own_input && (sample.thing.maker == caller.asker.who || (sample.thing.maker.empty() && route.options.object == "none")))) {
    fault("personal data on a route that says it has none: " + where + " " + std::to_string(r.status));
  }
}

void Matrix::cell(const http::Route& route, const Sample& sample, const Caller& caller, Expected expected) {
  Call call = call_for(route, sample, asset_);
  call.id = "cell-" + std::to_string(++request_);
  if (expected == Expected::allow && route.pattern == "/api/v1/registers/{register}/rows/{number}/actions/{action}") {   // one that is done: it answers with the row
    const auto now = world_->get(samples_->caller(sample.label == "here" ? "writer" : "writer-there"), call.path.substr(0, call.path.find("/actions/")));
    call.headers = {{"if-match", header_of(now, "etag")}};
  }
  const auto r = world_->ask(caller, call);
  const bool open_to_all = route.options.permission == "public" && route.options.object == "none";
  const bool no = refused(r, open_to_all);
  ++counts_.cells;
  ++(expected == Expected::allow ? counts_.allowed : counts_.refused);
  if (no != (expected != Expected::allow))
    fault(name_of(route) + " [" + sample.label + "] " + caller.asker.name + ": " + (expected == Expected::allow ? "should be allowed" : "SHOULD BE REFUSED") + ", got " + std::to_string(r.status) + " " + header_of(r, "location") +
          " " + (no && header_of(r, "content-type").find("json") != std::string::npos ? r.body.substr(0, 160) : ""));
  check_reads(route, sample, caller, call.id, r);
}

void Matrix::walk(const http::Route& route) {
  ++counts_.routes;
  if (route.options.reads_personal_data) personal_routes_.insert(name_of(route));
  const std::string& object = route.options.object;
  const bool bare = object == "none";
  if (object.empty() || (!bare && !samples_->of.count(object))) {
    fault(name_of(route) + " declares the object '" + object + "', of which there is no sample (authorization_samples.h)");
    return;
  }
  if (!bare && route.pattern.find('{') == std::string::npos) fault(name_of(route) + " declares an object and addresses none");
  const Oracle oracle(*policy_);
  const std::string action = route.options.action.empty() ? route.options.permission.substr(route.options.permission.rfind(':') + 1) : route.options.action == "workflow" ? "case.review" : route.options.action;
  std::vector<std::tuple<const Sample*, const Caller*, Expected>> denied, others;
  static const Sample kNothing;
  const auto add = [&](const Sample& sample) {
    for (const Caller& caller : samples_->all) {
      const Expected e = oracle.expected(route.options.permission, object, action, caller.asker, sample.thing);
      (e == Expected::deny ? denied : others).emplace_back(&sample, &caller, e);
    }
  };
  if (bare) add(kNothing);
  else for (const Sample& sample : samples_->of[object]) add(sample);
  // The refusals of a route that changes something, together: nothing may be different afterwards.
  const bool unsafe = route.method != http::Method::get;
  const auto before = unsafe ? stored(world_->store()) : std::map<std::string, std::string>();
  for (const auto& [sample, caller, e] : denied) cell(route, *sample, *caller, e);
  if (unsafe) {
    const auto after = stored(world_->store());
    for (const auto& [table, state] : before)
      if (after.at(table) != state && table != "identity_parked") fault(name_of(route) + ": a refusal changed " + table + " from " + state + " to " + after.at(table));
  }
  for (const auto& [sample, caller, e] : others) cell(route, *sample, *caller, e);
}

TEST_P(Matrix, EveryRouteForEverybody) {
  std::vector<const http::Route*> routes;
  for (const http::Route& route : world_->house().router().routes()) routes.push_back(&route);
  // What ends something comes last.
  const auto rank = [](const http::Route* r) { return r->pattern.find("logout") != std::string::npos ? 3 : r->pattern.find("/undo") != std::string::npos || r->pattern.find("withdraw") != std::string::npos || r->pattern.find("rows/{number}/actions") != std::string::npos ? 2 : r->method != http::Method::get; };
  std::stable_sort(routes.begin(), routes.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  for (const http::Route* route : routes) walk(*route);
  for (const auto& route : personal_routes_)
    if (!seen_personal_.count(route)) fault("says that it reads personal data, and no sample shows it: " + route);
  std::printf("authorization matrix on %s: %d routes, %d cells (%d to allow, %d to refuse), %d reads of personal data with their audit row on %zu routes\n",
              GetParam() == store::Engine::sqlite ? "SQLite" : "PostgreSQL", counts_.routes, counts_.cells, counts_.allowed, counts_.refused, counts_.personal, seen_personal_.size());
  for (const auto& f : faults_) std::printf("%s\n", f.c_str());
  EXPECT_TRUE(faults_.empty()) << faults_.size() << " faults";
}

int Matrix::cross(const Caller& caller, const std::string& own, const std::vector<std::string>& foreign, const Family& theirs) {
  static const std::regex parameter("\\{[a-z]+\\}");
  int asked = 0;
  for (const http::Route& route : world_->house().router().routes()) {
    const auto& known = samples_->of.count(route.options.object) ? samples_->of[route.options.object] : std::vector<Sample>{};
    const auto mine = std::find_if(known.begin(), known.end(), [&](const Sample& s) { return s.label.find(own) != std::string::npos; });
    Sample base = mine != known.end() ? *mine : Sample();
    for (auto at = std::sregex_iterator(route.pattern.begin(), route.pattern.end(), parameter); at != std::sregex_iterator(); ++at) {
      const std::string name = at->str().substr(1, at->length() - 2);
      for (const std::string& id : foreign) {
        Sample crossed = base;
        crossed.params[name] = id;
        Call call = call_for(route, crossed, asset_);
        call.form.clear();   // what is typed is shown again: nothing of theirs is typed
        ++asked;
        if (const auto r = world_->ask(caller, call); holds(body_of(r), theirs)) fault("cross read: " + name_of(route) + " with " + name + "=" + id + " by " + caller.asker.name + ": " + std::to_string(r.status));
      }
    }
  }
  return asked;
}

TEST_P(Matrix, TwoWardsAndTwoFamiliesReadNothingOfEachOther) {
  std::map<bool, std::vector<std::string>> ids;   // of the owner's family and ward, and of the others'
  for (const auto& [kind, list] : samples_->of)
    for (const Sample& sample : list) {
      const bool others = sample.label.find("there") != std::string::npos;
      if (kind == "report" || kind == "report-case") continue;   // public
      for (const auto& [name, value] : sample.params)
        if (value.size() > 9 && value.find(' ') == std::string::npos && std::find(ids[others].begin(), ids[others].end(), value) == ids[others].end()) ids[others].push_back(value);
    }
  int asked = 0;
  for (const char* name : {"visitor", "owner", "clerk-here", "approver-here", "reader", "writer"}) asked += cross(samples_->caller(name), "here", ids[true], kOther);
  for (const char* name : {"visitor", "stranger", "clerk-there", "approver-there", "reader-there", "writer-there"}) asked += cross(samples_->caller(name), "there", ids[false], kOwn);
  std::printf("identifiers walked on %s: %zu and %zu of two families and two wards in every place of every address, %d requests, %zu cross reads\n",
              GetParam() == store::Engine::sqlite ? "SQLite" : "PostgreSQL", ids[false].size(), ids[true].size(), asked, faults_.size());
  for (const auto& f : faults_) std::printf("%s\n", f.c_str());
  EXPECT_GT(asked, 1000);
  EXPECT_TRUE(faults_.empty());
}

/// Each of these is a fault that somebody could make; the walk must see every one.
TEST_P(Matrix, SeesWhatIsPlanted) {
  http::Router& router = world_->house().router();
  const auto leak = [this](http::Request& r) {
    auto found = world_->house().cases().records().find(r.param("number"));
    return http::text(found.ok() && *found ? json::to_text(records::Records::pack((*found)->data, (*found)->terms)) : "");
  };
  http::RouteOptions o;
  o.permission = "person";
  router.get("/planted/undeclared", o, leak);
  router.get("/planted/no-owner-check/{number}", o.on("own-case", "case.read"), leak);
  http::RouteOptions silent = o;
  silent.reads_personal_data = true;
  router.get("/planted/no-audit/{number}", silent.on("own-case", "case.read"), leak);
  o.permission = "staff:case.read";
  router.get("/planted/other-department/{number}", o.on("case", "case.read"), leak);
  http::RouteOptions writes;
  writes.permission = "person";
  router.post("/planted/writes-before-it-asks/{delegation}", writes.on("delegation"), [this](http::Request& r) {
    const Instant until{world_->house().clock().now().us + kDay};
    auto done = world_->store().write([&](store::Tx& tx) { return world_->house().identity().ties().offer(tx, identity::principal_of(r), "", until, r.id); });
    return http::problem(done.ok() ? Error(ErrorCode::not_found) : done.error(), r);
  });
  for (const http::Route& route : router.routes())
    if (route.pattern.rfind("/planted/", 0) == 0) walk(route);
  const auto seen = [&](const std::string& what) { return std::any_of(faults_.begin(), faults_.end(), [&](const auto& f) { return f.find(what) != std::string::npos; }); };
  EXPECT_TRUE(seen("/planted/undeclared declares the object ''"));
  EXPECT_TRUE(seen("/planted/no-owner-check/{number} [own family, here] stranger: SHOULD BE REFUSED"));
  EXPECT_TRUE(seen("personal data on a route that says it has none: GET /planted/no-owner-check"));
  EXPECT_TRUE(seen("no audit row with a purpose: GET /planted/no-audit"));
  EXPECT_TRUE(seen("/planted/other-department/{number} [own family, here] clerk-there: SHOULD BE REFUSED"));
  EXPECT_TRUE(seen("/planted/writes-before-it-asks/{delegation}: a refusal changed identity_tie"));
  const auto before = faults_.size();
  EXPECT_GT(cross(samples_->caller("stranger"), "there", {samples_->of["case"].front().params["number"]}, kOwn), 0);
  EXPECT_TRUE(std::any_of(faults_.begin() + static_cast<long>(before), faults_.end(), [](const auto& f) { return f.find("cross read: GET /planted/no-owner-check") != std::string::npos; }));
}

INSTANTIATE_TEST_SUITE_P(Store, Matrix, ::testing::Values(store::Engine::sqlite, store::Engine::postgres), store::testing::engine_name);

}  // namespace
}  // namespace machiya::app::authorization
