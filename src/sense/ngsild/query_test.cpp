// Queries (§5.7.2): the query language, places, scopes, order, pages, and what is refused.
#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class QueryTest : public Bench {
 protected:
  std::string found(const std::string& query, const std::string& more = {}) { return ids(expect(200, "GET /entities?type=T" + more + (query.empty() ? "" : "&q=" + http::url_encode(query)))); }
  std::string near(const std::string& parameters) { return ids(expect(200, "GET /entities?type=T&" + parameters)); }
  void place(const std::string& id, const std::string& coordinates, const std::string& type = "Point", const std::string& attribute = "location") {
    create(id, "\"" + attribute + R"(":{"type":"GeoProperty","value":{"type":")" + type + R"(","coordinates":)" + coordinates + "}}");
  }
};

TEST_F(QueryTest, Values) {
  create("urn:x:1", R"("n":4,"s":"Eiffel Tower")"), create("urn:x:2", R"("n":7,"s":"Louvre")"), create("urn:x:3", R"("n":12)");
  { NGSI("019_28_01", "4.9"); EXPECT_EQ(found("n==4..7"), "1 2"); }
  { NGSI("019_28_02", "4.9"); EXPECT_EQ(found("n!=4..7"), "3"); }
  { NGSI("019_28_03", "4.9"); EXPECT_EQ(found("n==4,12"), "1 3"); }
  { NGSI("019_28_04", "4.9"); EXPECT_EQ(found("n!=4,12"), "2"); }
  { NGSI("019_28_05", "4.9"); EXPECT_EQ(found("s!~=Eiffel"), "2"); }
  { NGSI("019_28_06", "4.9"); bad("GET /entities?type=T&q=n%3E4..7"); }
  { NGSI("019_07_01", "5.7.2 6.3.13"); EXPECT_EQ(expect(200, "GET /entities?type=T&count=true").header("NGSILD-Results-Count"), "3"); }
  { NGSI("019_07_02", "5.7.2 6.3.13"); EXPECT_EQ(expect(200, "GET /entities?type=T&count=true&q=n==7").header("NGSILD-Results-Count"), "1"); }
  { NGSI("019_01_04", "5.7.2"); same(expect(200, "GET /entities?attrs=s").body, "[" + entity("urn:x:1", R"("s":{"type":"Property","value":"Eiffel Tower"})") + "," + entity("urn:x:2", R"("s":{"type":"Property","value":"Louvre"})") + "]"); }
  { NGSI("019_04_01", "6.3.7"); same(expect(200, "GET /entities?type=T&q=n==7&options=keyValues").body, "[" + entity("urn:x:2", R"("n":7,"s":"Louvre")") + "]"); }
  { NGSI("019_06_01", "6.3.10"); EXPECT_EQ(found("", "&limit=2"), "1 2"); }
}

TEST_F(QueryTest, Structures) {
  create("urn:x:t", R"("n":1)", "Target");
  create("urn:x:1", R"("address":{"value":{"city":"Berlin","street":"U"}},"color":{"languageMap":{"fr":"rouge","en":"red"}},"category":{"vocab":"commercial"},"managedBy":{"object":"urn:x:t"})");
  create("urn:x:2", R"("address":{"value":{"city":"Wien"}},"color":{"languageMap":{"fr":"bleu","en":"blue"}})");
  { NGSI("019_29_01", "4.9"); EXPECT_EQ(found("address[city]==\"Berlin\""), "1"); }
  { NGSI("019_29_02", "4.9"); EXPECT_EQ(found("address[zip]==\"Berlin\""), ""); }
  { NGSI("019_29_03", "4.9"); EXPECT_EQ(found("address[street]"), "1"); }
  { NGSI("019_29_04", "4.9"); EXPECT_EQ(found("color[fr]==\"rouge\""), "1"); }
  { NGSI("019_29_05", "4.9"); EXPECT_EQ(found("color[en]==\"rouge\""), ""); }
  { NGSI("019_29_06", "4.9"); EXPECT_EQ(found("color[*]==\"rouge\""), "1"); }
  { NGSI("019_29_07", "4.9"); EXPECT_EQ(found("color[*]!=\"rouge\""), "2"); }
  { NGSI("019_29_08", "4.9"); EXPECT_EQ(found("managedBy{n}==1", "&join=flat&joinLevel=1").substr(0, 1), "1"); }
  { NGSI("019_29_09", "4.9"); EXPECT_EQ(found("managedBy{Target:n}==1", "&join=inline"), "1"); }
  { NGSI("019_29_10", "4.9"); EXPECT_EQ(found("managedBy{Other:n}==1", "&join=inline"), ""); }
  { NGSI("019_29_11", "4.9"); EXPECT_EQ(found("managedBy>\"a\""), ""); }
  { NGSI("019_29_12", "4.9"); EXPECT_EQ(found("category==\"commercial\"", "&expandValues=category"), "1"); }
  { NGSI("019_29_13", "4.9"); EXPECT_EQ(found("category==\"commercial\""), ""); }
}

TEST_F(QueryTest, Types) {
  create("urn:x:1", {}, "A"), create("urn:x:2", {}, "B"), expect(201, "POST /entities", R"({"id":"urn:x:3","type":["A","B"]})");
  const auto of = [&](const std::string& type) { return ids(expect(200, "GET /entities?type=" + http::url_encode(type))); };
  { NGSI("019_08_01", "5.7.2 4.17"); EXPECT_EQ(of("A"), "1 3"); }
  { NGSI("019_08_02", "5.7.2 4.17"); EXPECT_EQ(of("(A;B)"), "3"); }
  { NGSI("019_08_03", "5.7.2 4.17"); EXPECT_EQ(of("A,B"), "1 2 3"); }
  { NGSI("019_08_04", "5.7.2 4.17"); EXPECT_EQ(of("A|B"), "1 2 3"); }
  { NGSI("019_08_05", "5.7.2 4.17"); EXPECT_EQ(of("(A;B),C"), "3"); }
  { NGSI("019_26_01", "4.17 6.4.3.2"); EXPECT_EQ(of("*"), "1 2 3"); }
  { NGSI("019_26_02", "4.17 6.4.3.2"); bad("GET /entities?type=*&local=false"); }
}

TEST_F(QueryTest, Refusals) {
  { NGSI("019_03_01", "5.7.2"); bad("GET /entities?id=noUri&type=T"); }
  { NGSI("019_03_03", "5.7.2"); bad("GET /entities?attrs=a%28b"); }
  { NGSI("019_03_04", "5.7.2"); bad("GET /entities?type=T&geometryProperty=location"); }
  { NGSI("019_03_05", "5.7.2"); bad("GET /entities"); }
  { NGSI("019_27_01", "6.3.15 5.7.2"); bad("GET /entities?type=T&geometryProperty=location"); }
  { NGSI("019_27_02", "6.3.15 5.7.2"); expect(200, "GET /entities?type=T&geometryProperty=location", {}, {{"accept", "application/geo+json"}}); }
  { NGSI("019_27_03", "4.23 5.7.2"); expect(200, "GET /entities?type=T&orderBy=name&local=true"); expect(200, "GET /entities?local=true&orderBy=name"); }
  { NGSI("5722_01_01", "5.7.2"); bad("GET /entities?attrs=createdAt,modifiedAt"); }
  { NGSI("5722_01_02", "5.7.2"); bad("GET /entities?q=createdAt%3E2020-01-01T00:00:00Z"); }
  { NGSI("5722_01_03", "5.7.2"); bad("GET /entities?type=T&q=r%7Bn%7D==1"); }
  { NGSI("5722_01_04", "5.7.2"); bad("GET /entities?type=T&join=inline&joinLevel=1&q=r%7Bs%7Bn%7D%7D==1"); }
  { NGSI("5722_01_05", "5.7.2"); bad("GET /entities?type=T&csf=%3D%3Dbroken"); }
  bad("GET /entities?type=T&pick=r%7Bn%7D");
  bad("GET /entities?type=T&limit=0");
  refused(403, "TooManyResults", "GET /entities?type=T&limit=100000");
}

TEST_F(QueryTest, Places) {
  place("urn:x:1", "[13.4,52.5]"), place("urn:x:2", "[2.35,48.85]"), place("urn:x:3", "[13.5,52.6]", "Point", "observationSpace");
  const auto geo = [&](const std::string& rel, const std::string& type, const std::string& c, const std::string& more = {}) { return near("georel=" + http::url_encode(rel) + "&geometry=" + type + "&coordinates=" + http::url_encode(c) + more); };
  const std::string berlin = "[[[13,52],[14,52],[14,53],[13,53],[13,52]]]";
  { NGSI("019_01_05", "5.7.2"); EXPECT_EQ(geo("near;maxDistance==50000", "Point", "[13.4,52.5]"), "1"); }
  { NGSI("019_10_01", "4.10"); EXPECT_EQ(geo("equals", "Point", "[13.4,52.5]"), "1"); }
  { NGSI("019_10_02", "4.10"); EXPECT_EQ(geo("near;maxDistance==2000000", "Point", "[13.4,52.5]"), "1 2"); }
  { NGSI("019_10_03", "4.10"); EXPECT_EQ(geo("near;minDistance==50000", "Point", "[13.4,52.5]"), "2"); }
  { NGSI("019_10_04", "4.10"); EXPECT_EQ(geo("within", "Polygon", berlin), "1"); }
  { NGSI("019_10_05", "4.10"); EXPECT_EQ(geo("disjoint", "Polygon", berlin), "2"); }
  { NGSI("019_10_06", "4.10"); EXPECT_EQ(geo("disjoint", "Point", "[13.4,52.5]"), "2"); }
  { NGSI("019_10_07", "4.10"); EXPECT_EQ(geo("contains", "Point", "[13.4,52.5]"), "1"); }
  { NGSI("019_10_08", "4.10"); EXPECT_EQ(geo("intersects", "Point", "[13.4,52.5]"), "1"); }
  { NGSI("019_30_07", "4.10"); EXPECT_EQ(geo("within", "Polygon", berlin, "&geoproperty=observationSpace"), "3"); }
  { NGSI("019_30_08", "4.10"); EXPECT_EQ(geo("within", "Polygon", berlin), "1"); }
  const auto wrong = [&](const std::string& rel) { bad("GET /entities?type=T&georel=" + http::url_encode(rel) + "&geometry=Point&coordinates=%5B1,2%5D"); };
  { NGSI("019_30_01", "4.10"); wrong("near;maxDistance==0"); }
  { NGSI("019_30_02", "4.10"); wrong("near;maxDistance==-5"); }
  { NGSI("019_30_03", "4.10"); wrong("near;maxDistance==5;minDistance==1"); }
  { NGSI("019_30_04", "4.10"); wrong("near"); }
  { NGSI("019_30_05", "4.10"); wrong("beside"); }
  { NGSI("019_30_13", "4.10"); wrong("near;maxDistance==Infinity"); }
  { NGSI("019_30_14", "4.10"); wrong("near;maxDistance==1e999"); }
  forget();
  place("urn:x:1", "[5,5]"), place("urn:x:2", "[1,1]");
  { NGSI("019_30_06", "4.10"); EXPECT_EQ(geo("within", "Polygon", "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]"), "2"); }
  forget();
  place("urn:x:1", "[10.01,0]"), place("urn:x:2", "[0.01,70]");
  { NGSI("019_30_09", "4.10"); EXPECT_EQ(geo("near;maxDistance==2000", "LineString", "[[0,0],[10,0]]"), "1"); }
  { NGSI("019_30_10", "4.10"); EXPECT_EQ(geo("near;maxDistance==500", "LineString", "[[0,0],[10,0]]"), ""); }
  { NGSI("019_30_11", "4.10"); EXPECT_EQ(geo("near;maxDistance==500", "LineString", "[[0,69],[0,71]]"), "2"); }
  { NGSI("019_30_12", "4.10"); EXPECT_EQ(geo("near;maxDistance==300", "LineString", "[[0,69],[0,71]]"), ""); }
  forget();
  place("urn:x:1", "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]", "Polygon"), place("urn:x:2", "[[[20,20],[30,20],[30,30],[20,30],[20,20]]]", "Polygon");
  { NGSI("019_11_01", "4.10"); EXPECT_EQ(geo("equals", "Polygon", "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]"), "1"); }
  { NGSI("019_11_02", "4.10"); EXPECT_EQ(geo("intersects", "Polygon", "[[[5,5],[15,5],[15,15],[5,15],[5,5]]]"), "1"); }
  { NGSI("019_11_03", "4.10"); EXPECT_EQ(geo("contains", "Polygon", "[[[1,1],[2,1],[2,2],[1,2],[1,1]]]"), "1"); }
  { NGSI("019_11_04", "4.10"); EXPECT_EQ(geo("contains", "Polygon", "[[[5,5],[15,5],[15,15],[5,15],[5,5]]]"), ""); }
  { NGSI("019_11_05", "4.10"); EXPECT_EQ(geo("disjoint", "Polygon", "[[[5,5],[15,5],[15,15],[5,15],[5,5]]]"), "2"); }
  { NGSI("019_11_06", "4.10"); EXPECT_EQ(geo("within", "Polygon", "[[[-1,-1],[11,-1],[11,11],[-1,11],[-1,-1]]]"), "1"); }
  { NGSI("019_11_07", "4.10"); EXPECT_EQ(geo("overlaps", "Polygon", "[[[5,5],[15,5],[15,15],[5,15],[5,5]]]"), "1"); }
  { NGSI("019_11_08", "4.10"); EXPECT_EQ(geo("contains", "Point", "[5,5]"), "1"); }
}

TEST_F(QueryTest, Orders) {
  create("urn:x:1", R"("name":"Beta","n":2,"k":{"value":{"z":3}},"q":{"value":1,"sub":5})"), clock.advance(kSecond);
  create("urn:x:2", R"("name":"alpha","n":1,"k":{"value":{"z":1}},"q":{"value":1,"sub":9})"), clock.advance(kSecond);
  create("urn:x:3", R"("name":"Beta","n":3,"k":{"value":{"z":2}},"q":{"value":1,"sub":1})");
  const auto by = [&](const std::string& order) { return ids(expect(200, "GET /entities?type=T&orderBy=" + http::url_encode(order))); };
  { NGSI("019_19_01", "4.23"); EXPECT_EQ(by("n"), "2 1 3"); }
  { NGSI("019_19_02", "4.23"); EXPECT_EQ(by("id"), "1 2 3"); }
  { NGSI("019_19_03", "4.23"); EXPECT_EQ(by("createdAt"), "1 2 3"); }
  { NGSI("019_19_04", "4.23"); EXPECT_EQ(by("name.createdAt"), "1 2 3"); }
  { NGSI("019_19_05", "4.23"); EXPECT_EQ(by("q.sub"), "3 1 2"); }
  { NGSI("019_19_06", "4.23"); EXPECT_EQ(by("n;asc"), "2 1 3"); }
  { NGSI("019_19_07", "4.23"); EXPECT_EQ(by("n;desc"), "3 1 2"); }
  { NGSI("019_19_08", "4.23"); EXPECT_EQ(by("name,n"), "2 1 3"); }
  { NGSI("019_19_09", "4.23"); EXPECT_EQ(by("name;desc,n;desc"), "3 1 2"); }
  { NGSI("423_01_04", "4.23"); EXPECT_EQ(by("k[z]"), "2 3 1"); }
  { NGSI("4233_01_02", "4.23.3"); bad("GET /entities?type=T&orderBy=name&collation=not_a_tag!"); }
  const auto post = [&](int status, const std::string& ordering) { return ids(expect(status, "POST /entityOperations/query", R"({"type":"Query","entities":[{"type":"T"}],"ordering":)" + ordering + "}")); };
  { NGSI("5243_01_05", "5.2.43"); EXPECT_EQ(post(200, R"({"orderBy":["name","n"],"collation":"und"})"), "2 1 3"); }
  { NGSI("5243_01_06", "5.2.43"); post(400, R"({"orderBy":["name"],"collation":"not_a_tag!"})"); }
  forget();
  place("urn:x:1", "[0,3]"), place("urn:x:2", "[0,1]"), place("urn:x:3", "[0,2]");
  { NGSI("423_01_01", "4.23"); EXPECT_EQ(near("orderBy=location%3Bdist-asc&orderFrom=%5B0,0%5D"), "2 3 1"); EXPECT_EQ(near("orderBy=location%3Bdist-desc&orderFrom=%5B0,0%5D"), "1 3 2"); }
  { NGSI("423_01_02", "4.23"); bad("GET /entities?type=T&orderBy=location%3Bdist-asc"); }
  { NGSI("5243_01_01", "5.2.43"); EXPECT_EQ(post(200, R"({"orderBy":["location;dist-asc"],"coordinates":[0,0]})"), "2 3 1"); }
  { NGSI("5243_01_02", "5.2.43"); post(400, R"({"orderBy":["location;dist-asc"]})"); }
  { NGSI("5243_01_03", "5.2.43"); post(400, R"({"orderBy":["location;dist-asc"],"coordinates":"0,0"})"); }
  { NGSI("5243_01_04", "5.2.43"); post(400, R"({"orderBy":["location;dist-asc"],"coordinates":[0,0],"geometry":5})"); }
  forget();
  create("urn:x:1", R"("v":"text")"), create("urn:x:2"), create("urn:x:3", R"("v":5)");
  { NGSI("423_01_03", "4.23"); EXPECT_EQ(near("orderBy=v"), "3 1 2"); }
  forget();
  create("urn:x:1", R"("w":"zebra")"), create("urn:x:2", R"("w":"élan")"), create("urn:x:3", R"("w":"eagle")"), create("urn:x:4", R"("w":"fox")");
  { NGSI("4233_01_01", "4.23.3 4.23.1"); EXPECT_EQ(near("orderBy=w"), "3 2 4 1"); }
}

TEST_F(QueryTest, Pages) {
  for (int i = 1; i <= 5; ++i) create("urn:x:" + std::to_string(i));
  const auto links = [&](const std::string& page) {
    const std::string link = expect(200, "GET /entities?type=T&" + page).header("Link");
    return std::string(link.find("rel=\"prev\"") != std::string::npos ? "prev " : "") + (link.find("rel=\"next\"") != std::string::npos ? "next" : "");
  };
  { NGSI("019_31_01", "4.12 5.5.9.1"); EXPECT_EQ(links("limit=2"), "next"); }
  { NGSI("019_31_02", "4.12 5.5.9.1"); EXPECT_EQ(links("limit=2&offset=2"), "prev next"); }
  { NGSI("019_31_03", "4.12 5.5.9.1"); EXPECT_EQ(links("limit=2&offset=4"), "prev "); }
  { NGSI("019_31_04", "4.12 5.5.9.1"); EXPECT_EQ(ids(ask("GET /entities?type=T&limit=3")), "1 2 3"); }
  { NGSI("019_31_05", "4.13"); const Answer a = expect(200, "GET /entities?type=T&limit=0&count=true"); EXPECT_EQ(a.body, "[]"); EXPECT_EQ(a.header("NGSILD-Results-Count"), "5"); }
}

TEST_F(QueryTest, Scopes) {
  create("urn:x:1", R"("scope":["/Madrid/Gardens","/CompanyA"])"), create("urn:x:2", R"("scope":"/Madrid/Gardens")"), create("urn:x:3");
  const auto in = [&](const std::string& scope) { return ids(expect(200, "GET /entities?type=T&scopeQ=" + http::url_encode(scope))); };
  { NGSI("019_34_01", "4.19"); EXPECT_EQ(in("(/Madrid/Gardens;/CompanyA)"), "1"); }
  { NGSI("019_34_02", "4.19"); EXPECT_EQ(in("(/Madrid/Gardens;/CompanyA)|/Nowhere"), "1"); }
  { NGSI("019_34_03", "4.19"); EXPECT_EQ(in("/Madrid/Gardens|/Nowhere"), in("/Madrid/Gardens,/Nowhere")); EXPECT_EQ(in("/Madrid/Gardens|/Nowhere"), "1 2"); }
  { NGSI("019_34_04", "4.19"); EXPECT_EQ(in("(/Madrid/Gardens;/Nowhere)"), ""); }
}

TEST_F(QueryTest, ByPost) {
  create("urn:x:1", R"("n":1)"), create("urn:y:2", R"("m":1)", "V");
  const auto post = [&](const std::string& body) { return ids(expect(200, "POST /entityOperations/query", R"({"type":"Query",)" + body + "}")); };
  { NGSI("019_02_02", "5.7.2"); EXPECT_EQ(post(R"("entities":[{"type":"T"},{"type":"V"}])"), "1 2"); }
  { NGSI("019_02_03", "5.7.2"); EXPECT_EQ(post(R"("entities":[{"type":"T"},{"type":"V","idPattern":"urn:z.*"}])"), "1"); }
  { NGSI("019_02_04", "5.7.2"); EXPECT_EQ(post(R"("attrs":["m"])"), "2"); }
  for (const char* wrong : {R"({"type":"Query"})", R"({"entities":[{"type":"T"}]})", R"({"type":"Query","entities":[]})", R"({"type":"Query","entities":[{"id":"urn:x:1"}]})", R"({"type":"Query","entities":[{"type":"T"}],"q":5})",
                            R"({"type":"Query","entities":[{"type":"T"}],"joinLevel":0})", R"({"type":"Query","entities":[{"type":"T"}],"pick":[]})", R"({"type":"Query","entities":[{"type":"T"}],"join":"x"})"})
    bad("POST /entityOperations/query", wrong);
}

}  // namespace
}  // namespace machiya::sense::ngsild
