// Signed cases on both databases: who must sign, what is kept, who reads it, and that it is erased. Whether a signature is good is module signatures' question.
#include "ask/cases/cases_fixture.h"
#include "ask/cases/holder_check.h"
#include "ask/cases/submission.h"

namespace machiya::cases {
namespace {

class SignedCases : public CasesTest {
 protected:
  SignedCases() {
    std::string body(kProcedure);
    body.replace(body.find("\"kind\""), 0, "\"signature\":\"required\",");
    texts.put("procedure", "dog", body);
  }
  signatures::Accepted accepted(const json::Value& values, std::string_view procedure = "dog") {
    SignedParts parts;
    parts.procedure = procedure, parts.reference = "draft-1", parts.values = values, parts.applicant = "p", parts.answered = clock.now();
    signatures::Accepted out;
    // A certificate of the test authority would say no more here: module jpki has its own tests.
    out.way = signatures::kRehearsal, out.document = signed_document(parts), out.at = clock.now();
    return out;
  }
  Submission signed_dog() {
    Submission s = dog(hanako);
    s.channel = "scenario", s.signature = accepted(s.values);
    return s;
  }
  std::int64_t rows() {
    auto count = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM case_signature"); });
    return (*count)->integer(0);
  }
};
MACHIYA_ON_BOTH_ENGINES(SignedCases);

TEST_P(SignedCases, what_must_be_signed_is_taken_from_no_channel_without) {
  for (const char* channel : {"web", "api", "counter", "scenario", "demo"}) {
    Submission s = dog(hanako);
    s.channel = channel;
    const auto receipt = cases->submit(s);
    ASSERT_FALSE(receipt.ok()) << channel;
    EXPECT_EQ(receipt.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(receipt.error().where, "signature");
    s.signature = accepted(s.values);
    EXPECT_EQ(cases->submit(s).ok(), std::string(channel) == "scenario" || std::string(channel) == "demo") << channel;   // a rehearsal is a signature nowhere else
  }
}

TEST_P(SignedCases, a_signature_of_something_else_is_refused) {
  Submission s = signed_dog();
  s.values.set("dog_name", "シロ");
  EXPECT_EQ(cases->submit(s).error().where, "signature-other");
  s = signed_dog();
  s.signature = accepted(s.values, "cat");
  EXPECT_EQ(cases->submit(s).error().where, "signature-other");
  s.signature->document = "no document";
  EXPECT_EQ(cases->submit(s).error().where, "signature-other");
  Submission plain = dog(hanako);
  plain.procedure = "fault", plain.channel = "scenario", plain.signature = accepted(plain.values, "fault");
  EXPECT_EQ(cases->submit(plain).error().where, "signature");   // of a procedure that asks for none
  EXPECT_EQ(rows(), 0);
}

TEST_P(SignedCases, it_is_kept_sealed_read_with_an_audit_row_and_erased_with_the_case) {
  const Submission s = signed_dog();
  const auto receipt = cases->submit(s);
  ASSERT_TRUE(receipt.ok()) << receipt.error().to_string();
  const auto own = cases->view_own(receipt->number, hanako, "r");
  ASSERT_TRUE(own.ok() && own->signature);
  EXPECT_EQ(own->signature->at, clock.now());
  EXPECT_EQ(own->signature->serial, "");
  const auto read = cases->signature(receipt->number, clerk, "r2");
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  EXPECT_EQ(read->accepted.document, s.signature->document);
  EXPECT_EQ(code(cases->signature(receipt->number, stranger, "r")), ErrorCode::not_found);
  EXPECT_EQ(code(cases->signature(receipt->number, hanako, "r")), ErrorCode::not_found);
  ASSERT_TRUE(ground->audit.seal_now().ok());
  std::set<std::string> did;
  const auto trail = ground->audit.of_object("case:" + receipt->number, 20);
  for (const auto& record : *trail) did.insert(record.entry.action);
  EXPECT_TRUE(did.count("case.sign") && did.count("case.signature"));
  const auto stored = store().read([](store::ReadTx& tx) { return tx.query_one("SELECT sealed FROM case_signature"); });
  EXPECT_EQ((*stored)->text(0).find("machiya-application"), std::string::npos);
  Act refuse = act("refuse");
  refuse.reason = "検査";
  ASSERT_TRUE(cases->act(receipt->number, refuse, clerk).ok());
  clock.advance(std::int64_t{6} * 366 * kDay);
  EXPECT_EQ(*cases->erase_due(10), 1);
  EXPECT_EQ(rows(), 0);
}

TEST_P(SignedCases, a_correction_is_signed_anew) {
  const auto receipt = cases->submit(signed_dog());
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(ask_for_name(receipt->number), "correction");
  Submission changed = signed_dog();
  changed.values.set("dog_name", "シロ");
  EXPECT_EQ(cases->resubmit(receipt->number, changed, {}, hanako).error().where, "signature-other");
  changed.signature.reset();
  EXPECT_EQ(cases->resubmit(receipt->number, changed, {}, hanako).error().where, "signature");
  clock.advance(kHour);
  changed.signature = accepted(changed.values);
  ASSERT_TRUE(cases->resubmit(receipt->number, changed, {}, hanako).ok());
  EXPECT_EQ(rows(), 2);
  const auto read = cases->signature(receipt->number, clerk, "r");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->accepted.document, changed.signature->document);
  EXPECT_EQ(read->view.signature->at, clock.now());
}

TEST_P(SignedCases, one_that_may_be_signed_is_taken_either_way) {
  std::string body(kProcedure);
  body.replace(body.find("\"kind\""), 0, "\"signature\":\"asked\",");
  texts.put("procedure", "dog", body);
  const auto plain = cases->submit(dog(hanako));
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(cases->view_staff(plain->number, clerk, "r")->signature);
  EXPECT_EQ(code(cases->signature(plain->number, clerk, "r")), ErrorCode::not_found);
  const auto with = cases->submit(signed_dog());
  ASSERT_TRUE(with.ok());
  EXPECT_TRUE(cases->view_staff(with->number, clerk, "r")->signature);
}

TEST(SignedDocument, HoldsOfASubmissionAllThatIsSigned) {
  Submission s;
  s.procedure = "dog", s.version = 3, s.title = "犬", s.values.set("a", "x"), s.fee = 5, s.applicant.public_id = "p";
  EXPECT_EQ(signed_document(signed_parts(s, "r", Instant{0})),
            R"({"answered":"1970-01-01T09:00:00+09:00","answers":{"a":"x"},"applicant":"p","fee":5,"files":[],"form":"machiya-application-1",)"
            R"("procedure":{"definition":"","id":"dog","name":"犬","version":3},"reference":"r"})");
}

TEST(SignedDocument, IsTheSameBytesForTheSameApplicationAndOthersForAnyChange) {
  SignedParts parts;
  parts.procedure = "dog", parts.hash = "h", parts.title = "犬", parts.reference = "r", parts.applicant = "a", parts.values = *json::parse(R"({"b":1,"a":"x"})");
  parts.files = {{"f2", "22"}, {"f1", "11"}};
  const std::string document = signed_document(parts);
  EXPECT_EQ(document, R"({"answered":"1970-01-01T09:00:00+09:00","answers":{"a":"x","b":1},"applicant":"a","fee":0,"files":[{"blob":"f1","sha256":"11"},{"blob":"f2","sha256":"22"}],)"
                      R"("form":"machiya-application-1","procedure":{"definition":"h","id":"dog","name":"犬","version":1},"reference":"r"})");
  const auto changed = [&](const std::function<void(SignedParts&)>& change) {
    SignedParts other = parts;
    change(other);
    return signed_document(other) != document;
  };
  EXPECT_TRUE(changed([](SignedParts& p) { p.procedure = "cat"; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.version = 2; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.hash = "other"; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.reference = "other"; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.correction_of = "R8"; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.applicant = "b"; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.agent = "b"; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.answered.us += kSecond; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.values.set("a", "y"); }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.fee = 1; }));
  EXPECT_TRUE(changed([](SignedParts& p) { p.files[0].second = "33"; }));
}

TEST(HolderCheck, DifferencesAreWarnedOfAndOtherWritingsAreNot) {
  const auto procedure = read_procedure(*json::parse(R"({"procedure":"p","pages":[{"page":"a","title":"a","ask":[
   {"name":"who","type":"name","label":"n","prefill":"person.name"},{"name":"born","type":"date","label":"b","prefill":"person.birth_date"},
   {"name":"home","type":"address","label":"h","prefill":"person.address"},{"name":"child","type":"name","label":"c"}]}]})"), "h", 1);
  json::Value values = *json::parse(R"({"who":{"family":"町家","given":"花子"},"born":"1985-02-03","child":{"family":"別","given":"人"},
   "home":{"prefecture":"大阪府","city":"大阪市北区","town":"中之島","street":"１丁目３番２０号","building":"町家ビル5F"}})");
  jpki::Holder holder{"町家　花子", "female", "1985-02-03", "大阪府大阪市北区中之島一丁目3-20", {}};
  EXPECT_TRUE(holder_differences(*procedure, values, holder).empty());
  EXPECT_TRUE(holder_differences(*procedure, values, {}).empty());   // a certificate that says nothing
  holder = {"町家 太郎", "male", "1985-02-04", "大阪府大阪市北区中之島一丁目3-2", {}};
  const auto found = holder_differences(*procedure, values, holder);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].fact + found[1].fact + found[2].fact, "namebirth_dateaddress");
  EXPECT_EQ(found[0].given, "町家 花子");
  EXPECT_EQ(found[0].certified, "町家 太郎");
  EXPECT_EQ(plain_address("大阪府大阪市中央区二十三丁目４番地５号"), "大阪府大阪市中央区23-4-5");
  EXPECT_EQ(plain_address("三番町2番"), "三番町2");
  EXPECT_EQ(plain_address(""), "");
}

}  // namespace
}  // namespace machiya::cases
