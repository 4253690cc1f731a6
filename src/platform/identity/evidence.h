// What a clerk saw, as a word.
#pragma once
#include <algorithm>
#include <iterator>
#include <string_view>

namespace machiya::identity {

/// "my-number-card", "drivers-licence": a kind of proof, never what stands on it.
inline bool is_evidence(std::string_view s) {
  return !s.empty() && s.size() <= 40 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// What proves at a counter who somebody is: 個人番号カード, 運転免許証, 旅券, 在留カード, 障害者手帳, or two documents without a picture
/// (本人確認書類, 住民基本台帳法 第12条第3項).
inline constexpr const char* kProofsOfIdentity[] = {"my-number-card", "drivers-licence", "passport", "residence-card", "disability-certificate", "two-documents"};
inline bool is_proof_of_identity(std::string_view s) {
  return std::find(std::begin(kProofsOfIdentity), std::end(kProofsOfIdentity), s) != std::end(kProofsOfIdentity);
}

}  // namespace machiya::identity
