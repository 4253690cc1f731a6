#include "ask/cases/receipt_number.h"

#include "base/text.h"

namespace machiya::cases {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";   // Crockford base 32: no I, L, O, U

int value_of(char c) {
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// Weighted sum modulo 31 (a prime): finds every wrong character but the pair 0/Z and every swap of neighbours but those two.
char check_of(std::string_view prefix, std::string_view body) {
  int sum = 0, weight = 2;
  for (char c : prefix) sum += weight++ * (c % 31);
  for (char c : body) sum += weight++ * value_of(c);
  return kAlphabet[static_cast<std::size_t>(sum % 31)];
}

/// Era by the day the number is given (元号法). Dates before 令和 do not occur in a running system.
std::string era_prefix(Date day) {
  const int year = civil(day).year;
  if (day >= make_date(2019, 5, 1)) return "R" + std::to_string(year - 2018);
  return "H" + std::to_string(year - 1988);
}

std::string laid_out(std::string_view prefix, std::string_view body) {
  std::string out(prefix);
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (i % 4 == 0) out += '-';
    out += body[i];
  }
  return out;
}

}  // namespace

std::string new_receipt_number(Date day, Rng& rng) {
  const std::string prefix = era_prefix(day);
  std::uint64_t bits = rng.next();
  std::string body;
  for (int i = 0; i < 11; ++i, bits >>= 5) body += kAlphabet[bits & 31];
  body += check_of(prefix, body);
  return laid_out(prefix, body);
}

std::optional<std::string> read_receipt_number(std::string_view typed) {
  const std::string folded = fold_width(typed);
  std::string plain;
  for (char c : folded) {
    if (c == '-' || c == ' ' || c == '\t') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    plain += c;
  }
  if (plain.size() < 14 || plain.size() > 16) return std::nullopt;
  const std::string prefix = plain.substr(0, plain.size() - 12);
  std::string body = plain.substr(plain.size() - 12);
  if (prefix[0] != 'R' && prefix[0] != 'H') return std::nullopt;
  for (std::size_t i = 1; i < prefix.size(); ++i)
    if (prefix[i] < '0' || prefix[i] > '9') return std::nullopt;
  for (char& c : body) {
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (value_of(c) < 0) return std::nullopt;
  }
  if (body[11] != check_of(prefix, std::string_view(body).substr(0, 11))) return std::nullopt;
  return laid_out(prefix, body);
}

}  // namespace machiya::cases
