// The JSON API over the real gate and service: clients with their roles, every answer held against the OpenAPI document of its caller.
#include "ask/registers/schema_checker.h"
#include "ask/registers/web_testing.h"

namespace machiya::registers::testing {
namespace {

using http::Method;
using json::Value;

class RegisterApi : public RegistersWebTest {
 protected:
  RegisterApi() {
    identity::Principal admin = staff("管理者", "ad1", {"admin"}, "digital");
    const auto token = [&](const char* name, const char* scope, std::vector<std::string> roles) {
      auto made = hall->identity->create_client(name, {scope}, admin, 30, {std::move(roles), "health"});
      EXPECT_TRUE(made.ok()) << made.error().to_string();
      return made.ok() ? *made : std::string();
    };
    reads = token("reads", "registers.read", {"approver"}), writes = token("writes", "registers.write", {"clerk"}), decides = token("decides", "registers.write", {"approver"});
    nobody = *hall->identity->create_client("nobody", {"registers.write"}, admin), other = *hall->identity->create_client("other", {"applications"}, admin);
    router.gate(hall->identity->gate());
  }

  struct Answer {
    int status = 0;
    Value body;
    http::Pairs headers;
    std::string header(std::string_view name) const {
      for (const auto& [n, v] : headers)
        if (n == name) return v;
      return {};
    }
  };
  Answer plain(Method method, const std::string& target, const std::string& token, const std::string& body = {}, http::Pairs headers = {}, const std::string& lang = "en") {
    http::Request r = http::testing::request(method, target, lang);
    r.body = body, r.headers = std::move(headers);
    if (!body.empty()) r.headers.emplace_back("content-type", "application/json");
    if (!token.empty()) r.headers.emplace_back("authorization", "Bearer " + token);
    http::Response response = router.dispatch(r);
    Answer out{response.status, {}, response.headers};
    auto parsed = json::parse(response.body);
    EXPECT_TRUE(parsed.ok()) << target << " " << response.body;
    if (parsed.ok()) out.body = std::move(*parsed);
    return out;
  }
  /// The same, and the answer is one that the caller's own document promises.
  Answer call(Method method, const std::string& target, const std::string& token, const std::string& body = {}, http::Pairs headers = {}) {
    Answer out = plain(method, target, token, body, std::move(headers));
    auto [at, fresh] = documents_.try_emplace(token);
    if (fresh) at->second = plain(Method::get, "/api/v1/registers/openapi.json", token).body;
    const Value& document = at->second;
    std::string name(http::method_name(method));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    const Value* operation = operation_of(document, name, target.substr(0, target.find('?')));
    if (!operation) {
      ADD_FAILURE() << name << " " << target << " is not in the document, answered " << out.status;
      return out;
    }
    const Value* promised = (*operation)["responses"].find(std::to_string(out.status));
    if (promised && promised->has("$ref")) promised = document.at_pointer(promised->text("$ref").substr(1));
    EXPECT_TRUE(promised) << name << " " << target << " does not promise " << out.status << " " << json::to_text(out.body);
    if (!promised) return out;
    const std::string type = out.header("Content-Type");
    const Value& schema = (*promised)["content"][std::string_view(type).substr(0, type.find(';'))]["schema"];
    EXPECT_TRUE(schema.is_object()) << target << " " << type;
    for (const auto& fault : SchemaChecker(document).faults(schema, out.body)) ADD_FAILURE() << name << " " << target << " " << fault << "\n" << json::to_text(out.body);
    return out;
  }
  static std::string code(const Answer& a, std::size_t i = 0) { return a.body["errors"][i].text("code"); }
  std::string base = "/api/v1/registers", list = base + "/park-trees", rows = list + "/rows";
  std::string reads, writes, decides, nobody, other;

 private:
  std::map<std::string, Value> documents_;
};
MACHIYA_ON_BOTH_ENGINES(RegisterApi);

TEST_P(RegisterApi, a_client_is_staff_of_its_role_as_far_as_its_scope_goes) {
  EXPECT_EQ(plain(Method::get, base, "").status, 401);
  EXPECT_EQ(plain(Method::get, base, other).status, 403);           // another scope
  EXPECT_EQ(plain(Method::get, base, nobody).body["registers"].size(), 0u);   // no role: no register
  EXPECT_EQ(plain(Method::get, list, nobody).status, 404);
  EXPECT_EQ(plain(Method::get, "/staff/registers", decides).status, 403);     // pages are for people
  EXPECT_EQ(plain(Method::post, rows, reads, R"({"values":{"tag":"000001","species":"cherry"}})").status, 403);
  const auto all = call(Method::get, base, writes);
  ASSERT_EQ(all.body["registers"].size(), 3u);
  const auto of_clerk = call(Method::get, list, writes), of_approver = call(Method::get, list, decides), of_reader = call(Method::get, list, reads);
  const auto has = [](const Answer& a, const char* name) {
    return std::any_of(a.body["columns"].items().begin(), a.body["columns"].items().end(), [&](const Value& c) { return c.text("column") == name; });
  };
  EXPECT_TRUE(has(of_approver, "cost") && has(of_reader, "cost") && has(of_clerk, "tag"));
  EXPECT_FALSE(has(of_clerk, "cost") || has(of_clerk, "owner_name"));
  EXPECT_TRUE(of_approver.body["schema"]["properties"].has("cost"));
  EXPECT_FALSE(of_clerk.body["schema"]["properties"].has("cost"));
  EXPECT_EQ(of_reader.body["schema"]["properties"].size(), 0u);
  EXPECT_FALSE(of_reader.body["rights"]["add"].as_bool());
  EXPECT_EQ(plain(Method::get, list, reads, {}, {}, "ja").body.text("name"), "公園樹木台帳");
  EXPECT_EQ(call(Method::get, base + "/works", writes).body["views"].size(), 7u);   // one of each kind
  EXPECT_EQ(plain(Method::get, list + "?lang=ja", reads).body.text("name"), "公園樹木台帳");
}

TEST_P(RegisterApi, the_document_says_what_the_caller_may_do_and_no_more) {
  for (const std::string* token : {&reads, &writes, &decides}) {
    const auto document = plain(Method::get, base + "/openapi.json", *token).body;
    for (const auto& fault : openapi_faults(document)) ADD_FAILURE() << fault;
    const std::string text = json::to_text(document);
    EXPECT_EQ(text.find("owner_name") == std::string::npos, token == &writes);
    EXPECT_EQ(operation_of(document, "patch", rows + "/x") != nullptr, token != &reads);
    EXPECT_EQ(operation_of(document, "post", rows + "/bulk") != nullptr, token == &decides);
    EXPECT_EQ(operation_of(document, "post", rows + "/x/actions/fell") != nullptr, token != &reads);
    EXPECT_EQ(operation_of(document, "post", rows + "/x/actions/settle"), nullptr);   // the system's own
  }
  // The checker itself: a wrong type, a lost reference, a member too many.
  const Value broken = *json::parse(R"({"openapi":"3.1.0","paths":{"/a/{b}":{"get":{"operationId":"a","responses":{"200":{"$ref":"#/nowhere"}}}}}})");
  EXPECT_EQ(openapi_faults(broken).size(), 3u);
  const Value schema = *json::parse(R"({"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false})");
  EXPECT_EQ(SchemaChecker(broken).faults(schema, *json::parse(R"({"a":"1","b":2})")).size(), 2u);
  EXPECT_EQ(SchemaChecker(broken).faults(schema, *json::parse("{}")).size(), 1u);
}

TEST_P(RegisterApi, a_row_is_added_once_changed_by_its_etag_and_its_history_tells) {
  const std::string said = R"({"values":{"tag":"０００００１","species":"cherry","girth":"31.5","planted":"令和8年5月7日"},"reason":"植栽"})";
  const auto made = call(Method::post, rows, writes, said, {{"idempotency-key", "k1"}});
  ASSERT_EQ(made.status, 201) << json::to_text(made.body);
  const std::string here = made.header("Location"), number = made.body.text("number");
  EXPECT_EQ(here, rows + "/" + number);
  EXPECT_EQ(made.body["values"].text("tag"), "000001");          // read as people type it, kept as the schema says
  EXPECT_EQ(made.body["values"].text("answer_by"), "2026-05-12");   // three working days
  EXPECT_EQ(json::to_text(made.body["values"]["double_girth"]), "63");
  const auto again = call(Method::post, rows, writes, said, {{"idempotency-key", "k1"}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body.text("number"), number);
  const auto reused = call(Method::post, rows, writes, R"({"values":{"tag":"000002","species":"cherry"}})", {{"idempotency-key", "k1"}});
  EXPECT_EQ(reused.status, 422);
  EXPECT_EQ(code(reused), "idempotency-key-reused");
  EXPECT_EQ(call(Method::post, rows, decides, R"({"values":{"tag":"000002","species":"cherry"}})", {{"idempotency-key", "k1"}}).status, 201);   // a key is its sender's
  clock.advance(31 * kDay);
  EXPECT_EQ(call(Method::post, rows, writes, R"({"values":{"tag":"000003","species":"cherry"}})", {{"idempotency-key", "k1"}}).status, 401);   // the token is over
}

TEST_P(RegisterApi, a_change_names_what_it_saw_and_a_conflict_says_who_and_what) {
  const Row tree = add(*trees, R"({"tag":"000001","species":"cherry","girth":7,"memo":"元"})", clerk);
  const std::string here = rows + "/" + tree.number;
  const auto seen = call(Method::get, here, writes);
  const std::string tag = seen.header("ETag");
  EXPECT_EQ(tag, "\"" + std::to_string(tree.revision) + "\"");
  EXPECT_EQ(call(Method::patch, here, writes, R"({"values":{"memo":"新"}})").status, 428);
  EXPECT_EQ(call(Method::patch, here, writes, R"({"values":{"memo":"新"}})", {{"if-match", "*"}}).status, 400);
  const auto changed = call(Method::patch, here, writes, R"({"values":{"memo":"新","girth":null},"reason":"訂正"})", {{"if-match", tag}});
  EXPECT_EQ(changed.status, 200) << json::to_text(changed.body);
  EXPECT_TRUE(changed.body["values"]["girth"].is_null());
  const auto beside = call(Method::patch, here, decides, R"({"values":{"cost":"1,200"}})", {{"if-match", tag}});   // another column: both stay
  EXPECT_EQ(beside.status, 200) << json::to_text(beside.body);
  EXPECT_EQ(beside.body["values"].text("memo"), "新");
  const auto met = call(Method::patch, here, decides, R"({"values":{"memo":"別","species":"zelkova"}})", {{"if-match", tag}});
  ASSERT_EQ(met.status, 409);
  const Value& conflict = met.body["conflicts"][std::size_t{0}];
  EXPECT_EQ(conflict.text("column") + conflict.text("before") + conflict.text("theirs") + conflict.text("mine") + conflict.text("who"), "memo元新別writes");
  EXPECT_EQ(call(Method::get, here, writes).body["values"].text("species"), "cherry");   // nothing was written
  EXPECT_EQ(call(Method::patch, here, decides, R"({"values":{"memo":"別"}})", {{"if-match", met.header("ETag")}}).status, 200);
  const auto told = call(Method::get, here + "/history", writes);
  EXPECT_EQ(told.body["history"].size(), 4u);
  EXPECT_EQ(told.body["history"][std::size_t{1}].text("reason"), "訂正");
  EXPECT_EQ(json::to_text(told.body).find("1200"), std::string::npos);                                       // what a clerk may not read
  EXPECT_NE(json::to_text(call(Method::get, here + "/history", decides).body).find("1200"), std::string::npos);
}

TEST_P(RegisterApi, faults_stand_at_their_columns_in_the_language_of_the_request) {
  const auto wrong = call(Method::post, rows, writes, R"({"values":{"tag":"12","species":"oak","cost":5,"nothing":1,"double_girth":3}})");
  ASSERT_EQ(wrong.status, 422);
  std::map<std::string, std::string> codes;
  for (const Value& e : wrong.body["errors"].items()) codes[e.text("pointer")] = e.text("code");
  EXPECT_EQ(codes["/values/nothing"], "unknown");
  EXPECT_EQ(codes["/values/cost"], "unknown");   // what a clerk may not read does not exist
  EXPECT_EQ(codes["/values/double_girth"], "forbidden");
  EXPECT_EQ(codes.size(), 5u);
  const auto missing = plain(Method::post, rows, writes, R"({"values":{"tag":"000001"}})", {}, "ja");
  EXPECT_EQ(missing.body["errors"][std::size_t{0}].text("pointer"), "/values/species");
  EXPECT_NE(missing.body["errors"][std::size_t{0}].text("message").find("樹種"), std::string::npos);
  ASSERT_EQ(call(Method::post, rows, writes, R"({"values":{"tag":"000001","species":"cherry"}})").status, 201);
  EXPECT_EQ(code(call(Method::post, rows, writes, R"({"values":{"tag":"000001","species":"cherry"}})")), "unique");
  EXPECT_EQ(call(Method::post, rows, writes, R"({"values":[]})").status, 422);
  EXPECT_EQ(call(Method::post, rows, writes, R"({"values":{},"evil":1})").body["errors"][std::size_t{0}].text("pointer"), "/evil");
  EXPECT_EQ(call(Method::post, rows, writes, "nonsense").status, 400);
  EXPECT_EQ(call(Method::get, rows + "/nothing", writes).status, 404);
}

TEST_P(RegisterApi, a_list_is_asked_like_the_page_and_passes_nothing_over) {
  for (int i = 1; i <= 5; ++i) add(*trees, ("{\"tag\":\"00000" + std::to_string(i) + "\",\"species\":\"" + (i % 2 ? "cherry" : "zelkova") + "\",\"girth\":" + std::to_string(i) + ",\"cost\":" + std::to_string(i * 100) + "}").c_str(), approver);
  const auto two = call(Method::get, rows + "?f.species=cherry&sort=-girth&limit=2", writes);
  ASSERT_EQ(two.status, 200) << json::to_text(two.body);
  EXPECT_EQ(two.body["total"].as_int(), 3);
  EXPECT_EQ(two.body["rows"][std::size_t{0}]["values"].text("tag"), "000005");
  EXPECT_TRUE(two.body["more"].as_bool());
  const auto rest = call(Method::get, two.body.text("next"), writes);
  EXPECT_EQ(rest.body["rows"].size(), 1u);
  EXPECT_FALSE(rest.body["more"].as_bool());
  EXPECT_EQ(call(Method::get, rows + "?from.girth=2&to.girth=4", writes).body["total"].as_int(), 3);
  EXPECT_EQ(call(Method::get, rows + "?q=000003", writes).body["total"].as_int(), 1);
  for (const char* asked : {"f.species=oak", "f.cost=100", "sort=cost", "sort=memo", "from.girth=thick", "f.nothing=1", "limit=0", "limit=1001", "view=none", "page=2", "f.state=gone"}) {
    const auto refused = call(Method::get, rows + "?" + asked, writes);
    EXPECT_EQ(refused.status, 422) << asked;
    EXPECT_EQ(refused.body["errors"][std::size_t{0}].text("parameter"), std::string(asked).substr(0, std::string_view(asked).find('='))) << asked;
  }
  EXPECT_EQ(call(Method::get, rows + "?f.cost=100", decides).body["total"].as_int(), 1);
  EXPECT_EQ(call(Method::post, list + "/search", writes, R"({"q":"000003","limit":10})").body["total"].as_int(), 1);
  EXPECT_EQ(call(Method::post, list + "/search", writes, R"({"f.cost":100})").status, 422);
  const auto counted = call(Method::get, list + "/counts?by=species&from.girth=2", writes);
  EXPECT_EQ(json::to_text(counted.body["counts"]), R"([{"value":"cherry","label":"Cherry","rows":2},{"value":"zelkova","label":"Zelkova","rows":2}])");
  EXPECT_EQ(call(Method::get, list + "/counts?by=cost", writes).status, 422);
  EXPECT_EQ(call(Method::get, list + "/counts?by=state", writes).body["counts"].size(), 1u);
}

TEST_P(RegisterApi, a_row_moves_through_its_workflow_and_is_spoken_about) {
  const Row tree = add(*trees, R"({"tag":"000001","species":"cherry"})", clerk);
  const std::string here = rows + "/" + tree.number, tag = "\"" + std::to_string(tree.revision) + "\"";
  EXPECT_EQ(call(Method::get, here, writes).body["actions"].size(), 2u);
  EXPECT_EQ(call(Method::post, here + "/actions/fell", writes, "{}").status, 428);
  EXPECT_EQ(call(Method::post, here + "/actions/fell", writes, "{}", {{"if-match", tag}}).body["errors"][std::size_t{0}].text("pointer"), "/reason");
  const auto felled = call(Method::post, here + "/actions/fell", writes, R"({"reason":"倒木のおそれ"})", {{"if-match", tag}});
  EXPECT_EQ(felled.body.text("state"), "felled");
  EXPECT_TRUE(felled.body["ended"].as_bool());
  EXPECT_EQ(call(Method::post, here + "/actions/fell", writes, R"({"reason":"もう一度"})", {{"if-match", tag}}).status, 409);
  EXPECT_EQ(plain(Method::post, here + "/actions/settle", writes, "{}", {{"if-match", tag}}).status, 403);
  EXPECT_EQ(call(Method::post, here + "/comments", writes, R"({"comment":"現地で確認"})").status, 201);
  EXPECT_EQ(call(Method::post, here + "/comments", writes, R"({"comment":" "})").status, 422);
  const auto told = call(Method::get, here + "/history", writes);
  EXPECT_EQ(told.body["history"][std::size_t{2}].text("comment"), "現地で確認");
}

TEST_P(RegisterApi, many_rows_change_after_a_look_and_back) {
  for (int i = 1; i <= 3; ++i) add(*trees, ("{\"tag\":\"00000" + std::to_string(i) + "\",\"species\":\"zelkova\"}").c_str(), approver);
  const std::string bulk = rows + "/bulk", asked = R"({"query":{"f.species":"zelkova"},"values":{"species":"cherry"},"reason":"調査の誤り")";
  EXPECT_EQ(plain(Method::post, bulk, writes, asked + "}").status, 403);   // a clerk may not
  EXPECT_EQ(call(Method::post, bulk, decides, R"({"values":{"species":"cherry"}})").status, 422);   // no query is not every row
  EXPECT_EQ(call(Method::post, bulk, decides, R"({"query":{"f.specie":"zelkova"},"values":{"species":"cherry"}})").status, 422);   // a slip asks for nothing
  const auto look = call(Method::post, bulk, decides, asked + "}");
  EXPECT_EQ(look.body["rows"].as_int(), 3);
  EXPECT_FALSE(look.body["done"].as_bool());
  EXPECT_EQ(registers->list(*trees, {{{"species", "is", "cherry"}}}, approver)->total, 0);
  EXPECT_EQ(call(Method::post, bulk, decides, asked + R"(,"expected":4})").status, 409);
  const auto done = call(Method::post, bulk, decides, asked + R"(,"expected":3})");
  EXPECT_TRUE(done.body["done"].as_bool());
  EXPECT_EQ(registers->list(*trees, {{{"species", "is", "cherry"}}}, approver)->total, 3);
  EXPECT_EQ(call(Method::post, done.body.text("undo"), decides).body["rows"].as_int(), 3);
  EXPECT_EQ(registers->list(*trees, {{{"species", "is", "zelkova"}}}, approver)->total, 3);
  EXPECT_EQ(call(Method::post, done.body.text("undo"), decides).status, 409);
}

TEST_P(RegisterApi, a_relation_is_named_only_to_those_who_may_read_where_it_leads) {
  const Row park = add(*parks, R"({"name":"扇町公園"})", clerk);
  const auto made = call(Method::post, rows, writes, R"({"values":{"tag":"000001","species":"cherry","park":"扇町公園"}})");
  ASSERT_EQ(made.status, 201) << json::to_text(made.body);
  EXPECT_EQ(made.body["values"].text("park"), park.number);
  EXPECT_EQ(made.body["titles"].text("park"), "扇町公園");
  EXPECT_EQ(code(call(Method::post, rows, writes, R"({"values":{"tag":"000002","species":"cherry","park":"中之島公園"}})")), "relation");
}

TEST_P(RegisterApi, what_a_program_reads_of_people_is_in_the_audit) {
  const Row tree = add(*trees, R"({"tag":"000001","species":"cherry","owner_name":"大阪 太郎"})", approver);
  EXPECT_EQ(call(Method::get, rows + "/" + tree.number, reads).body["values"].text("owner_name"), "大阪 太郎");
  call(Method::get, rows, reads);
  ASSERT_TRUE(hall->audit->seal_now().ok());
  auto found = store().read([&](store::ReadTx& tx) { return tx.query("SELECT action, actor FROM audit_row WHERE actor LIKE 'client:%' ORDER BY id"); });
  ASSERT_TRUE(found.ok());
  std::set<std::string> actions;
  for (const auto& row : *found) actions.insert(row.text(0));
  EXPECT_TRUE(actions.count("register.read") && actions.count("register.list"));
}

}  // namespace
}  // namespace machiya::registers::testing
