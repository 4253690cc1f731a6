// Every refusal of the door out, against a real server on loopback that counts its visitors; and calls that must succeed,
// so that a door which refuses everything would be found.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "platform/outbound/outbound.h"
#include "platform/outbound/testing.h"
#include "platform/outbound/testing/peer.h"
#include "platform/outbound/url.h"

namespace machiya::outbound {
namespace {
using testing::CannedServer;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

Options internal(std::vector<std::string> origins) {
  Options out;
  out.http_on_loopback = true;
  for (auto& origin : origins) out.rules.push_back({std::move(origin), true});
  return out;
}
std::unique_ptr<Outbound> door(Options options) {
  auto made = Outbound::create(std::move(options));
  EXPECT_TRUE(made.ok()) << made.error().to_string();
  return std::move(*made);
}
Result<Answer> get(const Outbound& out, const std::string& url) {
  Call call;
  call.url = url;
  return out.call(call);
}
std::function<Result<std::vector<Address>>(const std::string&)> leads_to(std::vector<std::string> addresses) {
  return [addresses](const std::string&) -> Result<std::vector<Address>> {
    std::vector<Address> out;
    for (const auto& text : addresses) out.push_back(*parse_address(text));
    return out;
  };
}

TEST(Url, ReadsWhatItShouldAndRefusesTwoMeaningForms) {
  auto url = parse_url("HTTPS://Id.Example:8443/a/b?c=d");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->origin(), "https://id.example:8443");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(parse_url("https://id.example:443")->origin(), "https://id.example");
  EXPECT_EQ(parse_url("https://[2001:DB8::0:1]/")->origin(), "https://[2001:db8::1]");
  EXPECT_EQ(parse_url("https://10.0.0.1?x")->target, "/?x");
  for (const char* bad : {"", "id.example", "ftp://id.example", "file:///etc/passwd", "gopher://id.example/_", "https://", "https:///x", "https://user@id.example/",
                          "https://a:b@id.example/", "https://id.example#x", "https://id.example\\@evil.example/", "https://id.example:0/", "https://id.example:65536/",
                          "https://id.example:80x/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://1.2.3.4.5/", "https://a..b/",
                          "https://-a.example/", "https://a_b.example/", "https://[::1/", "https://[::1]x/", "https://[fe80::1%25eth0]/", "https://日本.example/", "https://a b/",
                          "https://id.example/\r\nHost: x"})
    EXPECT_FALSE(parse_url(bad).ok()) << bad;
  EXPECT_FALSE(parse_url("https://id.example/" + std::string(5000, 'a')).ok());
}

TEST(Address, RegistriesDecideWhoMayBeCalled) {
  const std::pair<Reach, std::vector<const char*>> table[] = {
      {Reach::open, {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255", "223.255.255.255", "2400:4000::1", "2606:4700::1111"}},
      {Reach::loopback, {"127.0.0.1", "127.255.255.254", "::1"}},
      {Reach::inside, {"10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff::1"}},
      {Reach::never, {"0.0.0.0", "0.1.2.3", "169.254.169.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1",
                      "240.0.0.1", "255.255.255.255", "::", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1",
                      "2001::1", "2002:7f00:1::1", "3fff::1", "100::1", "5f00::1"}},
  };
  for (const auto& [reach, addresses] : table)
    for (const char* text : addresses) {
      auto address = parse_address(text);
      ASSERT_TRUE(address) << text;
      EXPECT_EQ(reach_of(*address), reach) << text;
    }
  for (const char* bad : {"", "1.2.3", "01.2.3.4", "1.2.3.4 ", "::1%lo", "[::1]", "1.2.3.256"}) EXPECT_FALSE(parse_address(bad)) << bad;
}

TEST(Outbound, CallsWhatIsListed) {
  CannedServer server(kHello);
  auto out = door(internal({server.origin()}));
  Call call;
  call.method = "POST";
  call.url = server.origin() + "/token?x=1";
  call.headers = {{"Accept", "application/json"}};
  call.body = "grant_type=authorization_code";
  auto answer = out->call(call);
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->content_type, "text/plain");
  EXPECT_THAT(server.last_request(), HasSubstr("POST /token?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.last_request(), HasSubstr("Accept: application/json\r\n"));
}

TEST(Outbound, OfTheAnswersHeadersThoseAreReadThatAreAskedFor) {
  CannedServer server("HTTP/1.1 200 OK\r\nX-Request-Id:  r-1 \r\nX-Other: no\r\nx-request-id: r-2\r\nContent-Length: 0\r\n\r\n");
  auto out = door(internal({server.origin()}));
  Call call;
  call.url = server.origin() + "/";
  call.reads = {"x-request-id", "x-absent"};
  auto answer = out->call(call);
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(answer->header("x-request-id"), "r-2");
  EXPECT_EQ(answer->header("x-absent"), "");
  EXPECT_EQ(answer->header("x-other"), "");
  EXPECT_EQ(answer->read.size(), 2u);
}

TEST(Outbound, AnOriginThatIsNotListedIsNotCalled) {
  CannedServer server(kHello), other(kHello);
  auto out = door(internal({server.origin()}));
  const std::string secret = "/path-with-a-code?code=1234";
  auto answer = get(*out, other.origin() + secret);
  EXPECT_EQ(answer.error().code, ErrorCode::forbidden);
  EXPECT_THAT(answer.error().to_string(), Not(HasSubstr("1234")));
  EXPECT_EQ(get(*out, server.origin("localhost")).error().code, ErrorCode::forbidden);   // another name of the same machine
  EXPECT_EQ(get(*door({}), server.origin()).error().code, ErrorCode::forbidden);          // nothing listed, nothing called
  EXPECT_EQ(other.visits() + server.visits(), 0);
  EXPECT_TRUE(out->allows(server.origin() + "/x").ok());
  EXPECT_FALSE(out->allows(other.origin()).ok());
}

TEST(Outbound, PlainHttpIsForTestsOnLoopbackOnly) {
  CannedServer server(kHello);
  Options strict = internal({server.origin()});
  strict.http_on_loopback = false;
  EXPECT_EQ(Outbound::create(strict).error().code, ErrorCode::forbidden);
  Options not_internal = internal({server.origin()});
  not_internal.rules[0].internal = false;
  EXPECT_EQ(Outbound::create(not_internal).error().code, ErrorCode::forbidden);
  Options inside = internal({"http://id.example"});
  inside.resolve = leads_to({"10.0.0.1"});
  EXPECT_THAT(get(*door(inside), "http://id.example/").error().detail, HasSubstr("may not be called"));
  for (const char* bad : {"https://id.example/path", "smtp://id.example", "id.example", "https://*.example"}) {
    Options options;
    options.rules = {{bad, false}};
    EXPECT_FALSE(Outbound::create(options).ok()) << bad;
  }
}

TEST(Outbound, ThisMachineMayBeOpenAsAWholeAndNothingElseIs) {
  testing::Peer peer([](testing::Talk& talk) { talk.write(kHello); });
  const std::string port = std::to_string(peer.port());
  Options options;
  options.this_machine = true;
  auto out = door(options);
  Call call;
  for (const char* host : {"127.0.0.1", "localhost", "0.0.0.0"}) {   // the last one leads to this machine, too
    call.url = "http://" + std::string(host) + ":" + port + "/";
    const auto answer = out->call(call);
    ASSERT_TRUE(answer.ok()) << host << " " << answer.error().to_string();
    EXPECT_EQ(answer->body, "hello");
  }
  for (const char* there : {"http://10.0.0.5/", "https://192.0.2.1/", "http://169.254.169.254/", "https://8.8.8.8/", "http://[fe80::1]/"}) {
    call.url = there;
    EXPECT_EQ(out->call(call).error().code, ErrorCode::forbidden) << there;
  }
  options.resolve = [](const std::string&) { return std::vector<Address>{*parse_address("127.0.0.1"), *parse_address("10.0.0.5")}; };
  call.url = "http://both.example:" + port + "/";
  EXPECT_EQ(door(options)->call(call).error().code, ErrorCode::forbidden) << "one address of the name lies elsewhere";
  call.url = "http://127.0.0.1:" + port + "/";
  EXPECT_EQ(door(Options{})->call(call).error().code, ErrorCode::forbidden);
}

TEST(Outbound, ANameThatLeadsInsideIsRefusedUnlessListedAsInternal) {
  for (const char* address : {"127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "224.0.0.1", "64:ff9b::7f00:1"}) {
    Options options;
    options.rules = {{"https://id.example", false}};
    options.resolve = leads_to({"8.8.8.8", address});   // one bad address condemns the name
    const auto answer = get(*door(options), "https://id.example/");
    EXPECT_EQ(answer.error().code, ErrorCode::forbidden) << address;
  }
  for (const char* address : {"169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "fe80::1"}) {
    Options options;
    options.rules = {{"https://id.example", true}};
    options.resolve = leads_to({address});
    EXPECT_EQ(get(*door(options), "https://id.example/").error().code, ErrorCode::forbidden) << address;   // not even then
  }
}

TEST(Outbound, ANameIsAskedForOnceAndTheAnswerIsUsed) {
  CannedServer server(kHello);
  const std::string url = server.origin("id.example");
  Options options = internal({url});
  int asked = 0;
  options.resolve = [&](const std::string& host) {
    EXPECT_EQ(host, "id.example");
    return leads_to({++asked == 1 ? "127.0.0.1" : "10.0.0.1"})(host);   // a name server that changes its mind (rebinding)
  };
  auto out = door(options);
  auto first = get(*out, url);
  ASSERT_TRUE(first.ok()) << first.error().to_string();   // "id.example" exists nowhere: only the pinned address can have been used
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(server.last_request(), HasSubstr("Host: id.example"));
  EXPECT_EQ(get(*out, url).error().code, ErrorCode::forbidden);
  EXPECT_EQ(server.visits(), 1);
}

TEST(Outbound, RedirectsAreNotFollowed) {
  CannedServer target(kHello);
  CannedServer server("HTTP/1.1 302 Found\r\nLocation: " + target.origin() + "/\r\nContent-Length: 0\r\n\r\n");
  auto out = door(internal({server.origin(), target.origin()}));
  auto answer = get(*out, server.origin());
  EXPECT_EQ(answer.error().code, ErrorCode::forbidden);
  EXPECT_THAT(answer.error().detail, HasSubstr("redirect"));
  EXPECT_EQ(server.visits(), 1);
  EXPECT_EQ(target.visits(), 0);
}

TEST(Outbound, LimitsOfSizeAndTime) {
  CannedServer large("HTTP/1.1 200 OK\r\n\r\n" + std::string(300 * 1024, 'x'));
  CannedServer lying("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + std::string(300 * 1024, 'x'));
  CannedServer heads("HTTP/1.1 200 OK\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n");
  CannedServer silent("");
  auto out = door(internal({large.origin(), lying.origin(), heads.origin(), silent.origin()}));
  EXPECT_EQ(get(*out, large.origin()).error().code, ErrorCode::too_large);
  EXPECT_EQ(get(*out, lying.origin()).error().code, ErrorCode::too_large);
  EXPECT_EQ(get(*out, heads.origin()).error().code, ErrorCode::too_large);
  Call call;
  call.url = silent.origin();
  call.timeout_ms = 50;
  EXPECT_EQ(out->call(call).error().code, ErrorCode::unavailable);
}

TEST(Outbound, TheEnvironmentsProxyIsNotUsed) {
  CannedServer server(kHello), proxy("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) ::setenv(name, proxy.origin().c_str(), 1);
  auto answer = get(*door(internal({server.origin()})), server.origin());
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(proxy.visits(), 0);
}

TEST(Outbound, NoHeaderCarriesASecondOne) {
  CannedServer server(kHello);
  auto out = door(internal({server.origin()}));
  Call call;
  call.url = server.origin();
  call.headers = {{"Authorization", "Bearer x\r\nX-Admin: yes"}};
  EXPECT_EQ(out->call(call).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(server.visits(), 0);
}

TEST(Outbound, MailGoesToNoMetadataServiceAndNoOtherProtocol) {
  Options options;
  options.resolve = leads_to({"169.254.169.254"});
  auto out = door(options);
  EXPECT_EQ(out->send({"smtp://relay.example:25", false, "", "", "a@x.example", "b@x.example", "text", 1}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(out->send({"https://relay.example", false, "", "", "a@x.example", "b@x.example", "text", 1}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(out->send({"telnet://relay.example", false, "", "", "a@x.example", "b@x.example", "text", 1}).error().code, ErrorCode::invalid_input);
}

/// A TLS server whose certificate is for "id.example" and signed by itself.
struct TlsServer {
  std::string folder;
  FILE* pipe = nullptr;
  int port = 0;

  TlsServer() {
    char name[] = "/tmp/machiya-tls-XXXXXX";
    folder = ::mkdtemp(name);
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=id.example -addext subjectAltName=DNS:id.example");
    // "-accept 127.0.0.1:0" lets the kernel choose the port, which s_server then says.
    pipe = ::popen(("cd " + folder + " && echo $$ >pid && exec openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www 2>/dev/null").c_str(), "r");
    char line[256];
    while (pipe != nullptr && port == 0 && std::fgets(line, sizeof line, pipe) != nullptr)
      if (const char* at = std::strstr(line, "ACCEPT 127.0.0.1:")) port = std::atoi(at + 17);
  }
  ~TlsServer() {
    run("kill $(cat pid)");
    ::pclose(pipe);
    std::filesystem::remove_all(folder);
  }
  void run(const std::string& command) const {
    EXPECT_EQ(std::system(("cd " + folder + " && " + command + " >/dev/null 2>&1").c_str()), 0) << command;
  }
};

TEST(Outbound, TlsIsVerifiedByNameAndRoot) {
  TlsServer server;
  ASSERT_GT(server.port, 0);
  const std::string port = std::to_string(server.port);
  Options options;
  options.rules = {{"https://id.example:" + port, true}, {"https://other.example:" + port, true}};
  options.resolve = leads_to({"127.0.0.1"});
  EXPECT_EQ(get(*door(options), "https://id.example:" + port + "/").error().code, ErrorCode::unavailable);   // signed by nobody known
  options.ca_file = server.folder + "/cert.pem";
  auto out = door(options);
  auto answer = get(*out, "https://id.example:" + port + "/");
  EXPECT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(get(*out, "https://other.example:" + port + "/").error().code, ErrorCode::unavailable);   // a certificate for another name
}

/// Answers `most` requests of a connection and then cuts it without a word.
void answer_some(testing::Talk& talk, int most, std::atomic<int>& requests) {
  testing::Request request;
  for (int i = 0; i < most && testing::read_request(talk, request); ++i) {
    ++requests;
    talk.write(kHello);
  }
  talk.cut();
}

TEST(Outbound, AConnectionIsKeptForThoseWhoAskForItOnly) {
  std::atomic<int> requests{0};
  testing::Peer peer([&](testing::Talk& talk) { answer_some(talk, 1000, requests); });
  const std::string origin = "http://127.0.0.1:" + std::to_string(peer.port());
  auto out = door(internal({origin}));
  Call call;
  call.url = origin + "/";
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(out->call(call).ok());
  EXPECT_EQ(peer.visits(), 3);
  call.keep = true;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "GET"}) {
    call.method = method;
    call.body = call.method.starts_with("P") ? "again" : "";
    auto answer = out->call(call);
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
    EXPECT_EQ(answer->body, "hello");
  }
  EXPECT_EQ(peer.visits(), 4);
  EXPECT_EQ(requests, 9);
  call.method = "TRACE";
  EXPECT_EQ(out->call(call).error().code, ErrorCode::invalid_input);
}

TEST(Outbound, AKeptConnectionThatDiedIsReplaced) {
  std::atomic<int> requests{0};
  testing::Peer peer([&](testing::Talk& talk) { answer_some(talk, 2, requests); });
  const std::string origin = "http://127.0.0.1:" + std::to_string(peer.port());
  auto out = door(internal({origin}));
  Call call;
  call.method = "POST";
  call.url = origin + "/";
  call.body = "with a key";
  call.keep = true;
  for (int i = 0; i < 6; ++i) {
    auto answer = out->call(call);
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  }
  EXPECT_EQ(peer.visits(), 3);
  EXPECT_EQ(requests, 6);
}

TEST(Outbound, CallsThatKeepAskForANameOnceInAWhile) {
  std::atomic<int> requests{0};
  int asked = 0;
  bool moved = false;
  auto peer = std::make_unique<testing::Peer>([&](testing::Talk& talk) { answer_some(talk, 1000, requests); });
  const std::string origin = "http://id.example:" + std::to_string(peer->port());
  Options options = internal({origin});
  options.resolve = [&](const std::string& host) { return ++asked, leads_to({moved ? "10.0.0.1" : "127.0.0.1"})(host); };
  auto out = door(options);
  Call call;
  call.url = origin + "/";
  call.keep = true;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(out->call(call).ok());
  EXPECT_EQ(asked, 1);
  call.keep = false;
  ASSERT_TRUE(out->call(call).ok());
  EXPECT_EQ(asked, 2);   // others ask each time
  call.keep = true;
  peer.reset();
  EXPECT_EQ(out->call(call).error().code, ErrorCode::unavailable);
  EXPECT_EQ(asked, 2);
  moved = true;
  EXPECT_EQ(out->call(call).error().code, ErrorCode::forbidden);   // nobody was there: asked anew, and judged
  EXPECT_EQ(asked, 3);
  options.name_ms = 0;
  moved = false;
  asked = 0;
  testing::Peer other([&](testing::Talk& talk) { answer_some(talk, 1000, requests); });
  options.rules = {{"http://id.example:" + std::to_string(other.port()), true}};
  out = door(options);
  call.url = options.rules[0].origin + "/";
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(out->call(call).ok());
  EXPECT_EQ(asked, 5);
}

}  // namespace
}  // namespace machiya::outbound
