#include "platform/audit/chain.h"

#include <sodium.h>

namespace machiya::audit {

namespace {

void put_number(std::string& out, std::uint64_t n) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(n >> (8 * i));
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

}  // namespace

std::string first_link() { return std::string(crypto_generichash_BYTES, '\0'); }

std::string next_link(std::string_view previous, std::int64_t sequence, const StoredRow& row) {
  std::string text = "machiya-audit-1";
  put_text(text, previous);
  put_number(text, static_cast<std::uint64_t>(sequence));
  put_number(text, static_cast<std::uint64_t>(row.id));
  put_number(text, static_cast<std::uint64_t>(row.at_us));
  for (const std::string* column : {&row.actor, &row.action, &row.object, &row.purpose, &row.request, &row.facts})
    put_text(text, *column);
  std::string link(crypto_generichash_BYTES, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(link.data()), link.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return link;
}

std::string to_hex(std::string_view bytes) {
  std::string out(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  out.pop_back();
  return out;
}

}  // namespace machiya::audit
