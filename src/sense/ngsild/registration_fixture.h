// For tests: registrations, with the given payloads when they are there.
#pragma once
#include "sense/ngsild/subscription_fixture.h"

namespace machiya::sense::ngsild {
using tree::Value;

inline constexpr const char* kRegistration = "urn:r:1";

class RegistrationFixture : public SubscriptionFixture {
 protected:
  /// A small one; `more` goes before its other members: "\"a\":1,".
  static std::string plain(const std::string& id, const std::string& more = "") {
    return R"({)" + more + R"("type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","information":[{"entities":[{"type":"Building"}]}],"id":")" + id + R"("})";
  }
  static std::string of(const std::string& id, const std::string& mode, const std::string& information, const std::string& more = "") {
    return R"({)" + more + R"("id":")" + id + R"(","type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","mode":")" + mode + R"(","information":[)" + information + "]}";
  }
  /// The given payload, or one that says as much.
  std::string given(const std::string& name, const std::string& id) {
    if (!has_payloads()) {
      if (name == "context-source-registration-invalid.jsonld") return R"({"id":"urn:r:1","type":"ContextSourceRegistration","information":null})";
      return R"({)" + (id.empty() ? std::string() : R"("id":")" + id + R"(",)") + R"("type":"ContextSourceRegistration","endpoint":"http://my.csource.org:1026","information":[
        {"entities":[{"id":"urn:ngsi-ld:Vehicle:A456","type":"Vehicle"}],"propertyNames":["brandName","speed"],"relationshipNames":["isParked"]},
        {"entities":[{"idPattern":".*downtown$","type":"OffStreetParking"},{"idPattern":".*47$","type":"OffStreetParking"}],"propertyNames":["availableSpotNumber","totalSpotNumber"],
         "relationshipNames":["isNextToBuilding"]}]})";
    }
    std::string text = payload("csourceRegistrations/" + name);
    const std::string old = "urn:ngsi-ld:ContextSourceRegistration:randomUUID";
    for (std::size_t at; !id.empty() && (at = text.find(old)) != std::string::npos;) text.replace(at, old.size(), id);
    return text;
  }
  /// Registers and gives the path.
  std::string create(const std::string& body) {
    const auto answer = post("/csourceRegistrations", body);
    EXPECT_EQ(answer.status, 201) << answer.body << body;
    const std::string location = header(answer, "Location");
    return answer.status == 201 ? http::url_decode(location.substr(std::string("/ngsi-ld/v1").size())) : std::string();
  }
  http::Response raw_post(const std::string& body, const std::string& type) {
    http::Request request = http::testing::request(http::Method::post, "/ngsi-ld/v1/csourceRegistrations");
    request.body = body, request.headers = {{"content-type", type}, {"content-length", std::to_string(body.size())}};
    return router->dispatch(request);
  }
  static std::string header(const http::Response& answer, const std::string& name) {
    std::string out;
    for (const auto& [key, value] : answer.headers)
      if (key == name) out += (out.empty() ? "" : " & ") + value;
    return out;
  }
  void expect_problem(const http::Response& answer, int status, const std::string& type) {
    EXPECT_EQ(answer.status, status) << answer.body;
    if (answer.status < 400) return;
    EXPECT_EQ(json(answer.body)["type"].text(), "https://uri.etsi.org/ngsi-ld/errors/" + type) << answer.body;
  }
  /// The same members, but for their order and @context.
  void expect_same(const std::string& seen, const std::string& expected) { EXPECT_TRUE(same(json(seen), json(expected))) << seen << "\n" << expected; }
  static bool same(const Value& a, const Value& b) {
    if (a.is_array() && b.is_array() && a.count == b.count) {
      for (std::size_t i = 0; i < a.count; ++i)
        if (!same(a.items()[i], b.items()[i])) return false;
      return true;
    }
    if (!a.is_object() || !b.is_object()) return tree::equal(a, b);
    const auto within = [](const Value& x, const Value& y) {
      for (const tree::Member& m : x.members())
        if (m.key != "@context" && (!y.has(m.key) || !same(m.value, y[m.key]))) return false;
      return true;
    };
    return within(a, b) && within(b, a);
  }
  std::vector<std::string> ids(const http::Response& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> out;
    const Value list = json(answer.body);
    for (const Value& r : list.items()) out.emplace_back(r["id"].text());
    return out;
  }
};

}  // namespace machiya::sense::ngsild
