// What receivers of much mail ask of those who send it, as data: Japanese mobile carriers first. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace machiya::tell {

enum class Charset : unsigned char { utf8, iso_2022_jp };

struct DomainRule {
  std::string name;                   ///< "docomo"; for logs and metrics
  std::vector<std::string> domains;   ///< these, and every name below one that begins with "."
  int per_session = 0;                ///< recipients of one connection at most; 0: as many as come
  int sessions = 0;                   ///< connections at a time that carry mail for these; 0: no limit of its own
  Charset charset = Charset::utf8;    ///< old handsets read ISO-2022-JP alone; UTF-8 is used for texts that it cannot say
  std::string relay;                  ///< another relay than the house's, "smtp://…"; "": the house's
};

/// The operator's configuration may replace or extend the list. The sources of the figures stand beside them.
const std::vector<DomainRule>& japanese_carriers();

/// The first rule that fits; nullptr for none.
const DomainRule* rule_for(const std::vector<DomainRule>& rules, std::string_view domain);

}  // namespace machiya::tell
