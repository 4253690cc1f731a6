// The parts of identity that need no database: policy, permissions, addresses, origins.
#include <gtest/gtest.h>

#include "platform/identity/addresses.h"
#include "platform/identity/permission.h"
#include "platform/identity/policy.h"
#include "platform/identity/same_origin.h"

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

TEST(Policy, RoleTimesDepartment) {
  auto parsed = Policy::parse(demonstration_policy());
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  const Policy& p = *parsed;
  EXPECT_TRUE(p.grants({"clerk"}, "kankyo", "case.decide", "kankyo"));
  EXPECT_FALSE(p.grants({"clerk"}, "kankyo", "case.decide", "zaisei"));
  EXPECT_TRUE(p.grants({"clerk"}, "kankyo", "case.decide", ""));
  EXPECT_FALSE(p.grants({"clerk"}, "", "case.decide", "kankyo"));
  EXPECT_FALSE(p.grants({"clerk"}, "kankyo", "case.approve", "kankyo"));
  EXPECT_TRUE(p.grants({"clerk", "approver"}, "kankyo", "case.approve", "kankyo"));
  EXPECT_TRUE(p.grants({"admin"}, "", "anything.at.all", "zaisei"));
  EXPECT_TRUE(p.grants({"auditor"}, "", "audit.read", "zaisei"));
  EXPECT_FALSE(p.grants({"auditor"}, "", "case.read", "zaisei"));
  EXPECT_FALSE(p.grants({"unheard-of"}, "kankyo", "case.read", "kankyo"));
  EXPECT_FALSE(p.grants({}, "kankyo", "case.read", "kankyo"));
  EXPECT_FALSE(p.grants({"admin"}, "kankyo", "", "kankyo"));
}

TEST(Policy, WildcardsEndAtADot) {
  const Policy p = *Policy::parse(R"({"roles":{"a":{"permissions":["case.*"],"scope":"all"}}})");
  EXPECT_TRUE(p.grants({"a"}, "", "case.read", "x"));
  EXPECT_FALSE(p.grants({"a"}, "", "case.", "x"));
  EXPECT_FALSE(p.grants({"a"}, "", "casework.read", "x"));
}

TEST(Policy, RefusesWhatItDoesNotUnderstand) {
  for (auto text : {R"({})", R"({"roles":[]})", R"({"roles":{"a":{"permissions":["x"]}}})", R"({"roles":{"a":{"permissions":[""],"scope":"all"}}})",
                    R"({"roles":{"a":{"permissions":["x"],"scope":"some"}}})", R"({"roles":{"a":{"permission":["x"],"scope":"all"}}})", "roles:"})
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
