// Every page of this module, rendered with the templates and texts of the repository: no missing text, no missing template.
#include "ask/cases/web.h"

#include "ask/cases/cases_fixture.h"
#include "ask/cases/document_pdf.h"
#include "platform/http/test_request.h"

namespace machiya::cases {
namespace {

constexpr std::string_view kProcedure = R"({"procedure":"fault","version":1,"owner":"construction","case":"permit","name":{"ja":"通報","en":"Report"},
 "target":"P10D","map":{"public":true,"category":"kind","place":"place","photo":"photo"},
 "pages":[{"page":"p","title":{"ja":"場所"},"ask":[{"name":"kind","type":"choice","label":{"ja":"種類"},"options":[{"value":"hole","label":{"ja":"穴"}}]},
  {"name":"place","type":"place","label":{"ja":"場所"}},{"name":"photo","type":"photo","label":{"ja":"写真"}}]}]})";
constexpr std::string_view kWorkflow = R"({"workflow":"permit","start":"received",
 "states":[{"state":"received","name":"受付","clock":"running"},{"state":"correction","name":"補正","clock":"stopped","opens":"correction"},
  {"state":"done","name":"完了","end":"decided","outcome":"granted"}],
 "actions":[{"action":"ask","name":"補正","from":["received"],"to":"correction","by":"staff","permission":"case.review","needs":["fields","note"]},
  {"action":"answer","name":"回答","from":["correction"],"to":"received","by":"applicant"},
  {"action":"finish","name":"完了","from":["received"],"to":"done","by":"staff","permission":"case.decide","four_eyes":true,"document":"letter"}],
 "documents":[{"document":"letter","title":"通知","body":"終わりました。"}]})";

class WebTest : public CasesTest {
 protected:
  WebTest() : CasesTest(R"({"roles":{"all":{"permissions":["*"],"scope":"all"}},"relations":{"owner":{"may":["case.*"]}}})") {
    texts.put("procedure", "fault", kProcedure), texts.put("workflow", "permit", kWorkflow);
    catalogue = std::move(*locale::Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale"));
    auto loaded = pages::Templates::load(MACHIYA_SOURCE_DIR "/web/templates", *catalogue);
    EXPECT_TRUE(loaded.ok()) << loaded.error().to_string();
    templates = std::move(*loaded);
    statistics = std::make_unique<Statistics>(store(), clock);
    auto frame = [](const http::Request&) { return pages::Data().set("city_name", "大阪市"); };
    Web web{*cases, *statistics, *templates, *catalogue, frame, frame, [] { return std::shared_ptr<const city::City>(); }, hub,
            [](std::string_view, std::string_view) -> Result<StoredFile> { return StoredFile{"image/jpeg", "photo"}; }, {}, folder() + "/exports"};
    add_staff_routes(router, web);
    add_report_routes(router, web);
    clerk = staff("clerk", "c1", {"all"}, "construction");
    Submission s;
    s.procedure = "fault", s.category = "hole", s.lat = 34.6937, s.lon = 135.5023, s.blobs = {"b1"};
    s.values = *json::parse(R"({"kind":"hole","place":{"lat":34.6937,"lon":135.5023},"photo":[{"blob":"b1","type":"image/jpeg","filename":"a.jpg"}]})");
    s.log = json::Value::array(), s.search = {{"name", "町家 花子"}};
    number = cases->submit(s)->number;
  }
  http::Response ask(http::Method method, const std::string& target, http::Pairs form = {}, const std::string& lang = "ja") {
    http::Request r = http::testing::request(method, target, lang);
    r.form_pairs = std::move(form);
    r.principal = std::make_shared<identity::Principal>(clerk);
    return router.dispatch(r);
  }
  void expect_page(const std::string& target, std::string_view part, int status = 200, http::Pairs form = {}) {
    for (const char* lang : {"ja", "en"}) {
      auto r = ask(form.empty() ? http::Method::get : http::Method::post, target, form, lang);
      EXPECT_EQ(r.status, status) << target << " " << lang << r.body.substr(0, 400);
      EXPECT_NE(r.body.find(part), std::string::npos) << target << "\n" << r.body;
      EXPECT_EQ(r.body.find("⟦"), std::string::npos) << target << " " << lang << r.body.substr(r.body.find("⟦") == std::string::npos ? 0 : r.body.find("⟦"), 80);
    }
  }

  http::Hub hub;
  http::Router router;
  std::unique_ptr<locale::Catalogue> catalogue;
  std::unique_ptr<pages::Templates> templates;
  std::unique_ptr<Statistics> statistics;
  std::string number;
};
MACHIYA_ON_BOTH_ENGINES(WebTest);

TEST_P(WebTest, every_page_renders_in_both_languages) {
  expect_page("/staff/inbox", number);
  expect_page("/staff/inbox?show=overdue", "<h1>");
  expect_page("/staff/cases/" + number, "/actions/finish");
  expect_page("/staff/cases/" + number + "/actions/ask", "name=\"fields\"");
  expect_page("/staff/search", "name=\"q\"");
  expect_page("/staff/search", number, 200, {{"q", "花子"}});
  for (const char* short_one : {"花", " ", ""}) expect_page("/staff/search", "href=\"#q\"", 422, {{"q", short_one}});   // it would find nobody whoever there is
  expect_page("/staff/search", "value=\"花\"", 422, {{"q", "花"}});
  EXPECT_EQ(ask(http::Method::post, "/staff/search", {{"q", "何処にもいない"}}).body.find("<table"), std::string::npos);
  expect_page("/staff/persons", "name=\"q\"");
  expect_page("/staff/persons", "<h1>", 404, {{"q", "nobody@example.jp"}});
  expect_page("/staff/statistics?procedure=fault", "<h1>");
  expect_page("/staff/reports", number);
  expect_page("/staff/reports/" + number, "value=\"release\"");
  expect_page("/staff/bulk", number, 200, {{"number", number}, {"act", "finish"}});
  expect_page("/reports", number);
  expect_page("/reports/" + number, number);
}

TEST_P(WebTest, acting_goes_through_forms) {
  const std::string one = "/staff/cases/" + number;
  auto missing = ask(http::Method::post, one + "/actions/ask", {{"action", "next"}, {"fields", "kind"}});
  EXPECT_EQ(missing.status, 422);
  EXPECT_NE(missing.body.find("href=\"#note\""), std::string::npos);
  EXPECT_EQ(ask(http::Method::post, one + "/notes", {{"note", "確認中"}}).status, 303);
  EXPECT_EQ(ask(http::Method::post, one + "/assignee", {{"action", "take"}}).status, 303);
  EXPECT_EQ(ask(http::Method::post, one + "/actions/finish", {{"action", "next"}, {"revision", "1"}}).status, 409);
  EXPECT_EQ(ask(http::Method::post, one + "/actions/finish", {{"action", "next"}}).status, 303);
  EXPECT_NE(ask(http::Method::get, one).body.find("確認中"), std::string::npos);
  EXPECT_EQ(ask(http::Method::post, one + "/proposal", {{"action", "confirm"}}).status, 403);
  clerk.public_id = "c2";
  EXPECT_NE(ask(http::Method::get, one).body.find("value=\"confirm\""), std::string::npos);
  EXPECT_EQ(ask(http::Method::post, one + "/proposal", {{"action", "confirm"}}).status, 303);
  auto pdf = ask(http::Method::get, one + "/document.pdf");
  EXPECT_EQ(pdf.status, 200);
  EXPECT_EQ(pdf.body.substr(0, 5), "%PDF-");
  auto csv = ask(http::Method::get, "/staff/export.csv?show=all");
  EXPECT_EQ(csv.status, 200);
  EXPECT_FALSE(csv.file.empty());
}

TEST_P(WebTest, what_a_document_proves_is_chosen_and_nothing_typed_is_lost) {
  const identity::Principal somebody = person("hanako@example.jp");
  const std::string verify = "/staff/persons/" + somebody.public_id + "/verify";
  expect_page("/staff/persons", "value=\"my-number-card\"", 200, {{"q", "hanako@example.jp"}});
  http::Pairs form = {{"evidence", "運転免許証 第123456789012号"}, {"name.family", "町家"}, {"name.given", "花子"}, {"birth_date", "昭和"}, {"address.town", "中之島"}};
  expect_page(verify, "href=\"#evidence\"", 422, form);   // never what stands on it
  expect_page(verify, "href=\"#birth_date\"", 422, form);
  for (const char* typed : {"value=\"町家\"", "value=\"昭和\"", "value=\"中之島\""}) expect_page(verify, typed, 422, form);
  form[0].second = "drivers-licence", form[3].second = "１９９０-01-31";
  EXPECT_EQ(ask(http::Method::post, verify, form).status, 200);
  expect_page("/staff/persons", "value=\"1990-01-31\"", 200, {{"q", "hanako@example.jp"}});
  EXPECT_EQ(ask(http::Method::post, "/staff/persons/nobody/verify", form).status, 404);
}

TEST_P(WebTest, open311_answers_in_both_forms) {
  auto services = ask(http::Method::get, "/open311/v2/services.json");
  EXPECT_EQ((*json::parse(services.body))[std::size_t{0}].text("service_code"), "fault.hole");
  EXPECT_NE(ask(http::Method::get, "/open311/v2/services.xml").body.find("<service_code>fault.hole</service_code>"), std::string::npos);
  auto requests = json::parse(ask(http::Method::get, "/open311/v2/requests.json").body);
  ASSERT_TRUE(requests.ok());
  EXPECT_EQ((*requests)[std::size_t{0}].text("service_request_id"), number);
  EXPECT_FALSE((*requests)[std::size_t{0}].has("media_url"));   // not released
  EXPECT_EQ(json::parse(ask(http::Method::get, "/open311/v2/requests/" + number + ".json").body)->size(), 1u);
  EXPECT_EQ(ask(http::Method::get, "/open311/v2/requests/R8-0.json").status, 404);
  EXPECT_EQ(ask(http::Method::get, "/open311/v2/requests.json?start_date=yesterday").status, 400);
  EXPECT_EQ(ask(http::Method::post, "/open311/v2/requests.json", {{"lat", "34.7"}}).status, 400);
}

TEST(document_pdf, is_the_same_twice) {
  const DocumentPages d{"許可書", "次のとおり許可します。\n\n" + std::string(3000, 'x'), "R8-7KQF-9M3T-X4D2", Instant{1'777'000'000'000'000}};
  auto a = document_pdf(d), b = document_pdf(d);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(*a, *b);
  EXPECT_GT(a->size(), 1000u);
}

TEST(export_text, csv_fields) {
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("=1+1"), "'=1+1");
  EXPECT_EQ(csv_field("-12.5"), "-12.5");
  EXPECT_EQ(csv_field("-1+2"), "'-1+2");
  EXPECT_EQ(csv_field("@x\"y"), "\"'@x\"\"y\"");
}

}  // namespace
}  // namespace machiya::cases
