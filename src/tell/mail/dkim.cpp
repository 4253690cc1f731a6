#include "tell/mail/dkim.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "platform/vault/vault.h"

namespace machiya::tell {
namespace {
constexpr int kLeastRsaBits = 2048;
constexpr std::size_t kFold = 72;
// RFC 6376 §5.4.1, RFC 8058 §4; the first kOversigned are signed once more than they stand there.
constexpr std::array<std::string_view, 14> kSigned = {"from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "list-unsubscribe", "list-unsubscribe-post",
                                                      "content-language", "auto-submitted", "precedence", "priority"};
constexpr std::size_t kOversigned = 10;

using Key = std::shared_ptr<EVP_PKEY>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Error wrong(const char* why) { return Error(ErrorCode::invalid_input, why, "dkim"); }
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
bool is_space(char c) { return c == ' ' || c == '\t'; }

struct Field {
  std::string name;            ///< lower case
  std::string_view raw;        ///< the whole field with its last CRLF
};
/// The fields of the head, and where the body begins.
std::vector<Field> fields_of(std::string_view mail, std::size_t& body) {
  std::vector<Field> out;
  std::size_t at = 0;
  while (at < mail.size() && mail.substr(at, 2) != "\r\n") {
    std::size_t end = at;
    do end = std::min(mail.find("\r\n", end), mail.size() - 2) + 2;
    while (end < mail.size() && is_space(mail[end]));
    const std::string_view raw = mail.substr(at, end - at);
    out.push_back({lower_ascii(trim(raw.substr(0, raw.find(':')))), raw});
    at = end;
  }
  body = std::min(at + 2, mail.size());
  return out;
}

/// RFC 6376 §3.4.2: name in lower case, unfolded, runs of space made one, none at the end.
void add_relaxed(const Field& field, std::string& out) {
  out.append(field.name).append(":");
  bool space = false, begun = false;
  for (const char c : field.raw.substr(field.raw.find(':') + 1)) {
    if (is_space(c) || c == '\r' || c == '\n') {
      space = begun;
      continue;
    }
    if (space) out += ' ';
    space = false;
    begun = true;
    out += c;
  }
}

/// RFC 6376 §3.4.4: runs of space made one, none at ends of lines, no empty lines at the end.
std::string relaxed_body(std::string_view body) {
  std::string out;
  out.reserve(body.size() + 2);
  std::size_t solid = 0;   // behind the last line that is not empty
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find("\r\n", at), body.size());
    const std::size_t begin = out.size();
    for (; at < end; ++at) {
      if (!is_space(body[at])) out += body[at];
      else if (out.size() == begin || out.back() != ' ') out += ' ';
    }
    if (out.size() > begin && out.back() == ' ') out.pop_back();
    const bool empty = out.size() == begin;
    out += "\r\n";
    if (!empty) solid = out.size();
    at = end + 2;
  }
  out.resize(solid);
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'; });
}

struct Signature {
  DkimKey names;   ///< without its PEM
  Key key;
  bool ed25519 = false;
};

/// RFC 8463 §3: Ed25519 signs the SHA-256 of the header; RSA does its own hashing.
std::string signed_bytes(const Signature& with, std::string_view text, const std::string& hash) {
  const Digest context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const std::string_view input = with.ed25519 ? std::string_view(hash) : text;
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(with.key.get()));
  std::string out(size, '\0');
  MACHIYA_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, with.ed25519 ? nullptr : EVP_sha256(), nullptr, with.key.get()) == 1 &&
                 EVP_DigestSign(context.get(), bytes(out), &size, bytes(input), input.size()) == 1);
  out.resize(size);
  return out;
}
}  // namespace

struct DkimSigner::Impl {
  std::vector<Signature> keys;
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free};

  std::string hash(std::string_view text) const {
    std::string out(32, '\0');
    MACHIYA_ASSERT(EVP_Digest(text.data(), text.size(), bytes(out), nullptr, sha256.get(), nullptr) == 1);
    return out;
  }
};

DkimSigner::DkimSigner() : impl_(std::make_unique<Impl>()) {}
DkimSigner::~DkimSigner() = default;

Result<std::unique_ptr<DkimSigner>> DkimSigner::create(const std::vector<DkimKey>& keys) {
  std::unique_ptr<DkimSigner> out(new DkimSigner());
  for (const DkimKey& given : keys) {
    if (!is_name(given.domain) || !is_name(given.selector)) return wrong("a domain or selector that is no name");
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(given.pem.data(), static_cast<int>(given.pem.size())), &BIO_free);
    const auto nobody = [](char*, int, int, void*) { return -1; };   // without it OpenSSL asks for a pass phrase on the terminal
    Signature one{{given.domain, given.selector, ""}, Key(PEM_read_bio_PrivateKey(in.get(), nullptr, nobody, nullptr), &EVP_PKEY_free), false};
    if (!one.key) return wrong("no private key in PEM without a pass phrase");
    one.ed25519 = EVP_PKEY_is_a(one.key.get(), "ED25519") == 1;
    if (!one.ed25519 && (EVP_PKEY_is_a(one.key.get(), "RSA") != 1 || EVP_PKEY_get_bits(one.key.get()) < kLeastRsaBits)) return wrong("the key must be RSA of 2,048 bits or more, or Ed25519");
    out->impl_->keys.push_back(std::move(one));
  }
  return out;
}

std::string DkimSigner::sign(std::string_view mail, Instant now) const {
  std::size_t body = 0;
  const std::vector<Field> fields = fields_of(mail, body);
  const std::string body_hash = vault::base64(impl_->hash(relaxed_body(mail.substr(body))));
  std::string names, head;
  for (std::size_t i = 0; i < kSigned.size(); ++i) {
    const auto add = [&] { names += (names.empty() ? "" : names.size() - (names.rfind('\n') + 1) + kSigned[i].size() > kFold - 8 ? ":\r\n\t" : ":") + std::string(kSigned[i]); };
    // From the bottom upwards (RFC 6376 §5.4.2).
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      if (field->name != kSigned[i]) continue;
      add();
      add_relaxed(*field, head);
      head += "\r\n";
    }
    if (i < kOversigned) add();
  }
  std::string out;
  for (const Signature& one : impl_->keys) {
    std::string field = "DKIM-Signature: v=1; a=" + std::string(one.ed25519 ? "ed25519-sha256" : "rsa-sha256") + "; c=relaxed/relaxed;\r\n\td=" + one.names.domain + "; s=" + one.names.selector +
                        "; t=" + std::to_string(now.us / kSecond) + ";\r\n\th=" + names + ";\r\n\tbh=" + body_hash + ";\r\n\tb=";
    std::string text = head;
    add_relaxed({"dkim-signature", field}, text);
    const std::string value = vault::base64(signed_bytes(one, text, one.ed25519 ? impl_->hash(text) : std::string()));
    for (std::size_t at = 0; at < value.size(); at += kFold) field += (at > 0 ? "\r\n\t" : "") + value.substr(at, kFold);
    out += field + "\r\n";
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> DkimSigner::records() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Signature& one : impl_->keys) {
    std::string key;
    if (one.ed25519) {   // RFC 8463 §4: the 32 bytes themselves
      std::size_t size = 32;
      key.resize(size);
      EVP_PKEY_get_raw_public_key(one.key.get(), bytes(key), &size);
    } else {
      key.resize(static_cast<std::size_t>(i2d_PUBKEY(one.key.get(), nullptr)));
      unsigned char* at = bytes(key);
      i2d_PUBKEY(one.key.get(), &at);
    }
    out.emplace_back(one.names.selector + "._domainkey." + one.names.domain, std::string("v=DKIM1; k=") + (one.ed25519 ? "ed25519" : "rsa") + "; p=" + vault::base64(key));
  }
  return out;
}

}  // namespace machiya::tell
