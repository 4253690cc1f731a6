// The parts of identity that need no database: policy, permissions, addresses, origins.
#include <gtest/gtest.h>

#include "platform/identity/addresses.h"
#include "platform/identity/decision.h"
#include "platform/identity/permission.h"
#include "platform/identity/policy.h"
#include "platform/identity/same_origin.h"
#include "platform/identity/ties.h"

namespace machiya::identity {
namespace {

Principal staff(std::vector<std::string> roles, std::string department = "kankyo") {
  Principal p;
  p.kind = PrincipalKind::staff;
  p.roles = std::move(roles);
  p.department = std::move(department);
  return p;
}
Principal citizen(Assurance a) {
  Principal p;
  p.kind = PrincipalKind::citizen;
  p.assurance = a;
  return p;
}

bool grants(const Policy& policy, std::vector<std::string> roles, std::string own, std::string_view permission, std::string department) {
  Resource where;
  where.department = std::move(department);
  return judge(policy, staff(std::move(roles), std::move(own)), permission, where, Instant{}).allowed();
}

TEST(Policy, RoleTimesDepartment) {
  auto parsed = Policy::parse(demonstration_policy());
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  const Policy& p = *parsed;
  EXPECT_TRUE(grants(p, {"clerk"}, "kankyo", "case.decide", "kankyo"));
  EXPECT_FALSE(grants(p, {"clerk"}, "kankyo", "case.decide", "zaisei"));
  EXPECT_TRUE(grants(p, {"clerk"}, "kankyo", "case.decide", ""));
  EXPECT_FALSE(grants(p, {"clerk"}, "", "case.decide", "kankyo"));
  EXPECT_FALSE(grants(p, {"clerk"}, "kankyo", "case.approve", "kankyo"));
  EXPECT_TRUE(grants(p, {"clerk", "approver"}, "kankyo", "case.approve", "kankyo"));
  EXPECT_TRUE(grants(p, {"admin"}, "", "anything.at.all", "zaisei"));
  EXPECT_TRUE(grants(p, {"auditor"}, "", "audit.read", "zaisei"));
  EXPECT_FALSE(grants(p, {"auditor"}, "", "case.read", "zaisei"));
  EXPECT_FALSE(grants(p, {"unheard-of"}, "kankyo", "case.read", "kankyo"));
  EXPECT_FALSE(grants(p, {}, "kankyo", "case.read", "kankyo"));
  EXPECT_FALSE(grants(p, {"admin"}, "kankyo", "", "kankyo"));
}

constexpr std::string_view kWhole = R"({"purposes":{"decide":{"for":["case.read","case.decide"]},"assist":{"for":["case.read"]},"audit":{"for":["audit.read"]}},
  "roles":{"clerk":{"permissions":["case.read","case.decide","page.see"],"scope":"own-department","purposes":["decide","assist"]},
           "blind":{"permissions":["case.read"],"scope":"all"}},
  "relations":{"owner":{"may":["case.read","case.withdraw"]},"delegate":{"may":["case.read"]},"guardian":{"may":["case.*"]},"case-member":{"may":["case.read"]},
               "emergency":{"may":["case.read"]},"holder":{"may":["case.status"]},"signed-out":{"may":["draft.add"]}}})";

TEST(Decision, StaffNameAPurposeAndItOpensOnlyWhatItIsFor) {
  const Policy p = *Policy::parse(kWhole);
  Principal clerk = staff({"clerk"}, "a");
  Resource of;
  of.department = "a";
  EXPECT_EQ(judge(p, clerk, "case.read", of, Instant{}).purpose, "decide") << "the first that fits";
  clerk.purpose = "assist";
  EXPECT_EQ(judge(p, clerk, "case.read", of, Instant{}).purpose, "assist");
  EXPECT_EQ(judge(p, clerk, "case.decide", of, Instant{}).reason, Reason::wrong_purpose) << "helping at the counter decides nothing";
  EXPECT_TRUE(judge(p, clerk, "page.see", of, Instant{}).allowed()) << "no personal data, no purpose";
  clerk.purpose = "audit";
  EXPECT_EQ(judge(p, clerk, "case.read", of, Instant{}).reason, Reason::wrong_purpose) << "not one of the role's";
  EXPECT_EQ(judge(p, staff({"blind"}), "case.read", of, Instant{}).reason, Reason::wrong_purpose) << "a role without purposes reads nothing personal";
  of.department = "b", clerk.purpose.clear();
  EXPECT_EQ(judge(p, clerk, "case.read", of, Instant{}).reason, Reason::other_department);
  of.assignee = "kim", clerk.name = "kim";
  const Decision member = judge(p, clerk, "case.read", of, Instant{});
  EXPECT_EQ(member.relation, "case-member");
  EXPECT_EQ(member.purpose, "decide");
  EXPECT_FALSE(judge(p, clerk, "case.decide", of, Instant{}).allowed());
}

TEST(Decision, PeopleByRelationAndOnlyWhileItLasts) {
  const Policy p = *Policy::parse(kWhole);
  Principal one = citizen(Assurance::contact);
  one.id = 7;
  Resource of;
  of.person = 7, of.procedure = "dog";
  EXPECT_EQ(judge(p, one, "case.withdraw", of, Instant{50}).purpose, "own");
  EXPECT_FALSE(judge(p, one, "case.decide", of, Instant{50}).allowed());
  of.person = 8;
  EXPECT_EQ(judge(p, one, "case.read", of, Instant{50}).reason, Reason::no_relation);
  Tie tie{"delegate", "dog", Instant{10}, Instant{100}, false};
  of.ties = {tie};
  EXPECT_EQ(judge(p, one, "case.read", of, Instant{50}).relation, "delegate");
  EXPECT_FALSE(judge(p, one, "case.withdraw", of, Instant{50}).allowed()) << "not in the delegate's list";
  EXPECT_EQ(judge(p, one, "case.read", of, Instant{9}).reason, Reason::relation_over);
  EXPECT_EQ(judge(p, one, "case.read", of, Instant{100}).reason, Reason::relation_over) << "the end is the first moment without";
  of.ties[0].ended = true;
  EXPECT_EQ(judge(p, one, "case.read", of, Instant{50}).reason, Reason::relation_over);
  of.ties = {tie}, of.procedure = "cat";
  EXPECT_FALSE(judge(p, one, "case.read", of, Instant{50}).allowed()) << "another procedure";
  of.ties[0].procedure.clear();
  EXPECT_TRUE(judge(p, one, "case.read", of, Instant{50}).allowed());
  const Principal visitor;
  Resource report;
  report.ownerless = true;
  EXPECT_TRUE(judge(p, visitor, "case.status", report, Instant{}).allowed());
  EXPECT_FALSE(judge(p, visitor, "case.read", report, Instant{}).allowed());
  EXPECT_TRUE(judge(p, visitor, "draft.add", of, Instant{}).allowed());
  EXPECT_FALSE(judge(p, one, "draft.add", of, Instant{}).allowed());
}

TEST(Decision, CodesThatPeopleHandOverAreReadAsTheyAreTyped) {
  SeededRng rng(3);
  const std::string code = new_hand_over_code(rng);
  EXPECT_EQ(code.size(), 14u);
  EXPECT_EQ(read_hand_over_code(code), code);
  EXPECT_EQ(read_hand_over_code(" ABCD efgh JKMN "), "abcd-efgh-jkmn");
  EXPECT_EQ(read_hand_over_code("abcdo1ghlkmi"), "abcd-01gh-1km1");
  for (auto bad : {"", "abcd", "abcd-efgh-jkmnp", "abcd-efgh-jkm!", "abcd-efgh-jkmu"}) EXPECT_EQ(read_hand_over_code(bad), "") << bad;
}

TEST(Policy, WildcardsEndAtADot) {
  const Policy p = *Policy::parse(R"({"roles":{"a":{"permissions":["case.*"],"scope":"all"}}})");
  EXPECT_TRUE(grants(p, {"a"}, "", "case.read", "x"));
  EXPECT_FALSE(grants(p, {"a"}, "", "case.", "x"));
  EXPECT_FALSE(grants(p, {"a"}, "", "casework.read", "x"));
}

TEST(Policy, RefusesWhatItDoesNotUnderstand) {
  for (auto text : {R"({})", R"({"roles":[]})", R"({"roles":{"a":{"permissions":["x"]}}})", R"({"roles":{"a":{"permissions":[""],"scope":"all"}}})",
                    R"({"roles":{"a":{"permissions":["x"],"scope":"some"}}})", R"({"roles":{"a":{"permission":["x"],"scope":"all"}}})", "roles:",
                    R"({"roles":{"a":{"permissions":["x"],"scope":"all","purposes":["nosuch"]}}})", R"({"roles":{},"relations":{"friend":{"may":["x"]}}})",
                    R"({"roles":{},"purposes":{"a":["x"]}})"})
    EXPECT_FALSE(Policy::parse(text).ok()) << text;
}

TEST(Permission, DeniesByDefault) {
  const Policy p = *Policy::parse(demonstration_policy());
  const Principal visitor;
  EXPECT_EQ(decide("", visitor, p), Verdict::unknown);
  EXPECT_EQ(decide("publc", visitor, p), Verdict::unknown);
  EXPECT_EQ(decide("staff:", staff({"admin"}), p), Verdict::unknown);
  EXPECT_EQ(decide("client:", visitor, p), Verdict::unknown);
  EXPECT_EQ(decide("public|nonsense", visitor, p), Verdict::unknown);
  EXPECT_EQ(decide("public", visitor, p), Verdict::granted);
}

TEST(Permission, EachKindOfCaller) {
  const Policy p = *Policy::parse(demonstration_policy());
  const Principal visitor;
  Principal client;
  client.kind = PrincipalKind::client;
  client.scopes = {"applications"};
  EXPECT_EQ(decide("person", visitor, p), Verdict::citizen_login);
  EXPECT_EQ(decide("staff:case.read", visitor, p), Verdict::staff_login);
  EXPECT_EQ(decide("client:applications", visitor, p), Verdict::token_needed);
  EXPECT_EQ(decide("person|client:applications", visitor, p), Verdict::citizen_login);
  EXPECT_EQ(decide("contact", citizen(Assurance::contact), p), Verdict::granted);
  EXPECT_EQ(decide("verified", citizen(Assurance::contact), p), Verdict::refused);
  EXPECT_EQ(decide("verified", citizen(Assurance::verified), p), Verdict::granted);
  EXPECT_EQ(decide("staff:case.read", citizen(Assurance::verified), p), Verdict::staff_login);
  EXPECT_EQ(decide("person", staff({"admin"}), p), Verdict::citizen_login);
  EXPECT_EQ(decide("staff:case.read", staff({"clerk"}), p), Verdict::granted);
  EXPECT_EQ(decide("staff:audit.read", staff({"clerk"}), p), Verdict::refused);
  EXPECT_EQ(decide("staff", staff({}), p), Verdict::granted);
  EXPECT_EQ(decide("client:applications", client, p), Verdict::granted);
  EXPECT_EQ(decide("client:registers", client, p), Verdict::refused);
  EXPECT_EQ(decide("person", client, p), Verdict::refused);
  EXPECT_EQ(decide("staff:case.read", client, p), Verdict::refused);
  EXPECT_EQ(decide("client:applications", staff({"admin"}), p), Verdict::refused);
}

TEST(Addresses, OneFormForOneMailbox) {
  EXPECT_EQ(*normal_email("  Hanako@Example.JP "), "hanako@example.jp");
  EXPECT_EQ(*normal_email("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ"), "hanako@example.jp");
  EXPECT_TRUE(normal_email("a..b.@docomo.ne.jp").ok());
  for (auto bad : {"", "@", "a@", "@b.jp", "a@b", "a b@c.jp", "a@b..jp", "a@-b.jp", "a@b.jp\r\nBcc: x@y.jp", "\"a\"@b.jp", "あ@b.jp", "a@b.jp>", "a@b@c"})
    EXPECT_FALSE(normal_email(bad).ok()) << bad;
  EXPECT_FALSE(normal_email(std::string(65, 'a') + "@b.jp").ok());
  EXPECT_FALSE(normal_email("a@" + std::string(300, 'b') + ".jp").ok());
  EXPECT_FALSE(normal_email("a\xff@b.jp").ok());
}

TEST(Addresses, NextStaysOnThisSite) {
  EXPECT_EQ(local_path("/cases/1?page=2&x=%E7%8C%AB"), "/cases/1?page=2&x=%E7%8C%AB");
  for (auto bad : {"", "cases", "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
                   "/a\r\nSet-Cookie: x=1", " /a", "/a b", "/\"><script>"})
    EXPECT_EQ(local_path(bad), "/") << bad;
  EXPECT_EQ(local_path("/" + std::string(2000, 'a')), "/");
}

http::Request request_with(http::Pairs headers) {
  http::Request r;
  r.headers = std::move(headers);
  r.headers.emplace_back("host", "city.example");
  return r;
}

TEST(SameOrigin, ByFetchMetadataAndOrigin) {
  EXPECT_EQ(origin_of(request_with({})), Origin::unstated);
  EXPECT_EQ(origin_of(request_with({{"origin", "http://city.example"}})), Origin::ours);
  EXPECT_EQ(origin_of(request_with({{"origin", "https://City.Example"}, {"sec-fetch-site", "same-origin"}})), Origin::ours);
  EXPECT_EQ(origin_of(request_with({{"origin", "null"}, {"sec-fetch-site", "same-origin"}})), Origin::ours);
  EXPECT_EQ(origin_of(request_with({{"sec-fetch-site", "none"}})), Origin::unstated);
  for (auto foreign : {"http://evil.example", "http://city.example.evil.example", "http://city.example:81", "null", "file://", "city.example", "ftp://city.example"})
    EXPECT_EQ(origin_of(request_with({{"origin", foreign}})), Origin::foreign) << foreign;
  EXPECT_EQ(origin_of(request_with({{"sec-fetch-site", "cross-site"}})), Origin::foreign);
  EXPECT_EQ(origin_of(request_with({{"sec-fetch-site", "same-site"}, {"origin", "http://city.example"}})), Origin::foreign);
  http::Request tls = request_with({{"origin", "http://city.example"}});
  tls.secure = true;
  EXPECT_EQ(origin_of(tls), Origin::foreign);
}

}  // namespace
}  // namespace machiya::identity
