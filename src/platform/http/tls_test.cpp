// TLS: what is offered and what is refused, large answers, uploads, events, a new certificate while connections are open, the hand-over.
#include "platform/http/tls.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>

#include "platform/http/hub.h"
#include "platform/http/testing.h"

namespace machiya::http {
namespace {

/// A certificate of its own and its key (P-256), as PEM files.
void write_certificate(const std::string& folder, const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x = X509_new();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  X509_sign(x, key, EVP_sha256());
  FILE* out = std::fopen((folder + "/cert.pem").c_str(), "w");
  PEM_write_X509(out, x);
  std::fclose(out);
  out = std::fopen((folder + "/key.pem").c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  ::chmod((folder + "/key.pem").c_str(), 0600);
  X509_free(x);
  EVP_PKEY_free(key);
}

/// A blocking client. `setup` narrows what it offers.
class TlsClient {
 public:
  explicit TlsClient(const std::string& address, const std::function<void(SSL_CTX*)>& setup = {}) : plain_(address), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_, 0);   // the client would take anything: what is refused, the server refuses
    if (setup) setup(context_);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, plain_.fd());
    connected_ = SSL_connect(ssl_) == 1;
    ERR_clear_error();
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_); }
  std::string cipher() const { return SSL_get_cipher_name(ssl_); }
  std::string subject() const {
    X509* x = SSL_get1_peer_certificate(ssl_);
    char text[256] = "";
    if (x) X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, text, sizeof text);
    X509_free(x);
    return text;
  }
  void send(std::string_view bytes) {
    std::size_t sent = 0;
    for (std::size_t n = 0; sent < bytes.size(); sent += n)
      if (SSL_write_ex(ssl_, bytes.data() + sent, bytes.size() - sent, &n) != 1) return;
  }
  /// One more piece; false at the end. `clean`: the server said goodbye.
  bool more() {
    char piece[65536];
    const int n = SSL_read(ssl_, piece, sizeof piece);
    if (n > 0) return in.append(piece, static_cast<std::size_t>(n)), true;
    clean = SSL_get_error(ssl_, n) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return false;
  }
  bool until(std::string_view text) {
    while (in.find(text) == std::string::npos)
      if (!more()) return false;
    return true;
  }
  /// The body of one answer with a Content-Length.
  std::string answer() {
    if (!until("\r\n\r\n")) return "";
    const std::size_t head = in.find("\r\n\r\n") + 4;
    const std::size_t length = std::strtoull(in.c_str() + lower_ascii(in.substr(0, head)).find("content-length:") + 15, nullptr, 10);
    while (in.size() < head + length && more()) {}
    std::string out = in.substr(0, head + length);
    in.erase(0, head + length);
    return out.substr(std::min(head, out.size()));
  }
  SSL* ssl() { return ssl_; }
  std::string in;
  bool clean = false;

 private:
  testing::Client plain_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

struct TlsServer : ::testing::Test {
  testing::TempFolder folder;
  testing::TestServer t;
  Hub hub;
  std::string big = std::string(3'000'000, 'x');

  void SetUp() override {
    write_certificate(folder.path(), "first");
    t.options.tls = *TlsContext::load(folder.path() + "/cert.pem", folder.path() + "/key.pem");
    RouteOptions open;
    open.permission = "public";
    open.csrf = false;
    open.body_limit = 4'000'000;
    t.router.get("/secure", open, [](Request& r) { return text(r.secure ? "yes" : "no"); });
    t.router.get("/big", open, [this](Request&) { return text(big); });
    t.router.post("/count", open, [](Request& r) { return text(std::to_string(r.body.size())); });
    t.router.get("/events", open, [this](Request&) {
      Response r;
      r.events = hub.subscribe({"topic"});
      return r;
    });
  }
};

TEST_F(TlsServer, SpeaksTls13AndTheRequestIsSecure) {
  t.start();
  TlsClient c(t.address());
  ASSERT_TRUE(c.connected());
  EXPECT_EQ(c.version(), "TLSv1.3");
  for (int i = 0; i < 3; ++i) {
    c.send("GET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(c.answer(), "yes");
  }
}

TEST_F(TlsServer, RefusesWhatIsOldOrWeakAndTakesTls12WithAead) {
  t.start();
  const auto only = [](int version, const char* ciphers = nullptr) {
    return [=](SSL_CTX* c) {
      SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(c, version);
      if (ciphers) SSL_CTX_set_cipher_list(c, ciphers);
    };
  };
  EXPECT_TRUE(TlsClient(t.address(), only(TLS1_2_VERSION)).connected());
  EXPECT_FALSE(TlsClient(t.address(), only(TLS1_1_VERSION)).connected());
  EXPECT_FALSE(TlsClient(t.address(), only(TLS1_VERSION)).connected());
  EXPECT_FALSE(TlsClient(t.address(), only(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")).connected());   // CBC
  EXPECT_FALSE(TlsClient(t.address(), only(TLS1_2_VERSION, "AES256-GCM-SHA384:@SECLEVEL=0")).connected());         // no ephemeral key
  TlsClient aead(t.address(), only(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"));
  EXPECT_TRUE(aead.connected());
  // Renegotiation, which only 1.2 has, is refused.
  SSL_renegotiate(aead.ssl());
  aead.send("GET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(SSL_renegotiate_pending(aead.ssl()) == 0 && aead.answer() == "yes", false);
}

TEST_F(TlsServer, PlainHttpAndNoiseGetNoAnswer) {
  t.start();
  for (const char* bytes : {"GET /secure HTTP/1.1\r\nHost: t\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\r\n\r\n"}) {
    testing::Client c(t.address());
    c.send(bytes);
    c.finish_sending();
    EXPECT_EQ(c.until_end().find("HTTP/1.1"), std::string::npos);
  }
}

TEST_F(TlsServer, LargeAnswersUploadsPipelinesAndEventsGoThrough) {
  t.start();
  TlsClient c(t.address());
  c.send("GET /big HTTP/1.1\r\nHost: t\r\n\r\nGET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(c.answer().size(), big.size());
  EXPECT_EQ(c.answer(), "yes");
  c.send("POST /count HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 3000000\r\n\r\n" + big);
  EXPECT_EQ(c.answer(), "3000000");
  c.send("POST /count HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  ASSERT_TRUE(c.until("100 Continue\r\n\r\n"));
  c.in.clear();
  c.send("abc");
  EXPECT_EQ(c.answer(), "3");
  c.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(c.until("text/event-stream"));
  hub.publish("topic", "thing", "the data");
  EXPECT_TRUE(c.until("data: the data"));
}

TEST_F(TlsServer, ANewCertificateIsTakenWhileConnectionsAreOpenAndABrokenOneLeavesTheOld) {
  t.start();
  TlsClient before(t.address());
  EXPECT_EQ(before.subject(), "first");
  write_certificate(folder.path(), "second");
  ASSERT_TRUE(t.options.tls->reload().ok());
  EXPECT_EQ(TlsClient(t.address()).subject(), "second");
  before.send("GET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(before.answer(), "yes");
  std::ofstream(folder.path() + "/cert.pem") << "broken";
  EXPECT_FALSE(t.options.tls->reload().ok());
  EXPECT_EQ(TlsClient(t.address()).subject(), "second");
}

TEST_F(TlsServer, FilesThatDoNotFitAreNamed) {
  const std::string cert = folder.path() + "/cert.pem", key = folder.path() + "/key.pem";
  EXPECT_EQ(TlsContext::load(cert, folder.path() + "/absent").error().code, ErrorCode::not_found);
  EXPECT_EQ(TlsContext::load(folder.path() + "/absent", key).error().code, ErrorCode::invalid_input);
  ::chmod(key.c_str(), 0644);
  EXPECT_EQ(TlsContext::load(cert, key).error().code, ErrorCode::forbidden);
  ::chmod(key.c_str(), 0600);
  std::filesystem::create_directory(folder.path() + "/other");
  write_certificate(folder.path() + "/other", "other");
  const auto mixed = TlsContext::load(cert, folder.path() + "/other/key.pem");
  EXPECT_EQ(mixed.error().code, ErrorCode::invalid_input);
}

TEST_F(TlsServer, AStopEndsConnectionsWithAGoodbye) {
  t.start();
  TlsClient c(t.address());
  c.send("GET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(c.answer(), "yes");
  t.server->stop();
  while (c.more()) {}
  EXPECT_TRUE(c.clean);
}

TEST_F(TlsServer, AHandOverPassesTheListenerAndTellsClientsToComeAgain) {
  t.options.handover_socket = folder.path() + "/hand.sock";
  t.start();
  TlsClient c(t.address());
  c.send("GET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(c.answer(), "yes");
  metrics::Registry metrics;
  ServerOptions next = t.options;
  auto server = std::move(*Server::create(next, t.router, t.clock, metrics));
  ASSERT_TRUE(server->start().ok());
  while (c.more()) {}
  EXPECT_TRUE(c.clean);
  TlsClient again(server->address());
  again.send("GET /secure HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(again.answer(), "yes");
}

}  // namespace
}  // namespace machiya::http
