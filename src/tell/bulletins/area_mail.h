// 緊急速報メール (エリアメール): the text for the carriers' cell broadcast, held against their format rules, which are data.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tell/bulletins/notice.h"

namespace machiya::bulletins {

/// Something that may not stand in a text. `pattern` is of base/pattern.h and describes just the forbidden part.
struct Forbidden {
  std::string id, pattern, ja, en;
};

/// What one carrier takes. A value of a definition; area_mail_rules() is what stands until somebody has compared it with the carrier's book.
struct FormatRule {
  std::string id;       ///< "docomo"
  std::string name;     ///< as people know it
  std::size_t max_title = 0, max_body = 0;   ///< characters, each counted as one, line ends too
  std::string charset;  ///< what `allowed` stands for, for people
  std::vector<std::pair<char32_t, char32_t>> allowed;   ///< ranges of code points, ends included; empty: any. LF is always allowed in bodies
  std::vector<Forbidden> forbidden;
  std::string source, status;   ///< where it is written; "要確認" until compared
};
/// docomo, KDDI, SoftBank, Rakuten Mobile. Every one of them is 要確認.
const std::vector<FormatRule>& area_mail_rules();

struct AreaMail {
  std::string rule;     ///< FormatRule::id
  std::string title, body;
  std::size_t title_length = 0, body_length = 0;
  std::vector<std::string> municipalities;   ///< five-digit codes (JIS X 0402), sorted, once each: the carriers' units are municipalities and wards
  std::vector<Problem> problems;             ///< empty: it may go out
};
/// The Japanese wording as these carriers get it: title marked in exercises, paragraphs on lines of their own, the sender's name in
/// brackets at the end unless it is said already. Nothing is shortened. invalid_input as check(), "rule" when a pattern is malformed,
/// "areas" when no municipality's code is given.
Result<AreaMail> area_mail(const Notice& notice, const FormatRule& rule);

}  // namespace machiya::bulletins
