#include "platform/identity/authentication.h"

#include <array>
#include <utility>

namespace machiya::identity {
namespace {
using Known = std::pair<std::string_view, std::string_view>;   // a mark in the header, what it means

constexpr std::array<std::pair<Method, std::string_view>, 5> kMethods = {{{Method::mail_code, "email-code"},
                                                                          {Method::password_totp, "password-totp"},
                                                                          {Method::passkey, "passkey"},
                                                                          {Method::provider, "provider"},
                                                                          {Method::recovery, "recovery"}}};

// The first mark that stands in the header decides: most browsers also name those they descend from.
constexpr std::array<Known, 9> kBrowsers = {{{"Line/", "LINE"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
                                             {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"}}};
constexpr std::array<Known, 7> kSystems = {{{"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Android", "Android"}, {"CrOS", "ChromeOS"},
                                            {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"}}};

template <std::size_t N>
std::string_view first_of(std::string_view header, const std::array<Known, N>& known) {
  for (const auto& [mark, meaning] : known)
    if (header.find(mark) != std::string_view::npos) return meaning;
  return {};
}
}  // namespace

std::string_view word_of(Method method) {
  for (const auto& [known, word] : kMethods)
    if (known == method) return word;
  return {};
}

Method method_of(std::string_view word) {
  for (const auto& [method, known] : kMethods)
    if (known == word) return method;
  return Method::unknown;
}

std::string_view word_of(Strength strength) {
  switch (strength) {
    case Strength::single_factor: return "single-factor";
    case Strength::two_factors: return "two-factors";
    case Strength::phishing_resistant: return "phishing-resistant";
    case Strength::none: break;
  }
  return "none";
}

std::string device_of(std::string_view user_agent) {
  const std::string_view browser = first_of(user_agent, kBrowsers), system = first_of(user_agent, kSystems);
  std::string out(browser);
  if (!browser.empty() && !system.empty()) out += " / ";
  return out += system;
}

}  // namespace machiya::identity
