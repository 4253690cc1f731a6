#include "tell/mail/domain_rules.h"

#include <algorithm>

namespace machiya::tell {

const std::vector<DomainRule>& japanese_carriers() {
  static const std::vector<DomainRule> rules = {
      // NTT docomo, "ドコモメールへメールを送信する際の注意事項": 100 recipients a session at most; a "proper" number of sessions at a time, without a
      // figure (4: 要確認); lines must be broken. Dead addresses are to be cleaned out, or the sender's network is blocked.
      {"docomo", {"docomo.ne.jp"}, 100, 4, Charset::utf8, ""},
      // KDDI, "auメールへメール送信する際の注意事項" and its FAQ: no thresholds are published; many sessions at a time or long ones are forbidden
      // (100 and 2: 要確認).
      {"au", {"au.com", "ezweb.ne.jp", ".ezweb.ne.jp", "uqmobile.jp"}, 100, 2, Charset::utf8, ""},
      // SoftBank, "メールを送受信する際の注意事項": clean addresses, send slowly, never an empty From nor a missing Message-ID; no figures for others' relays
      // (100 and 2: 要確認).
      {"softbank", {"softbank.ne.jp", "i.softbank.jp", ".vodafone.ne.jp", "disney.ne.jp", "ymobile.ne.jp", "ymobile1.ne.jp", "yahoo.ne.jp", "willcom.com", "pdx.ne.jp", ".pdx.ne.jp"},
       100, 2, Charset::utf8, ""},
      // Rakuten Mobile: nothing published was found (要確認).
      {"rakuten", {"rakuten.jp", "rakumail.jp"}, 100, 2, Charset::utf8, ""},
  };
  return rules;
}

const DomainRule* rule_for(const std::vector<DomainRule>& rules, std::string_view domain) {
  const auto fits = [&](const std::string& one) { return one.starts_with('.') ? domain.ends_with(one) : domain == one; };
  for (const DomainRule& rule : rules)
    if (std::any_of(rule.domains.begin(), rule.domains.end(), fits)) return &rule;
  return nullptr;
}

}  // namespace machiya::tell
