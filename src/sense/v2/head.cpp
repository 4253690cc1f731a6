#include "sense/v2/head.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::sense::ngsiv2 {
namespace {

constexpr std::size_t kMostPaths = 10, kMostLevels = 10, kLongest = 50;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

bool word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

Result<ServicePaths::One> read_one(std::string_view text) {
  ServicePaths::One out;
  if (!text.starts_with('/')) return bad("Only /absolute/ Service Paths allowed [a service path must begin with /]");
  if (text == "/#") return out.path = "/", out.below = true, out;
  if (text.ends_with("/#")) out.below = true, text.remove_suffix(2);
  // One slash at the end means nothing.
  if (text.size() > 1 && text.ends_with('/') && !text.ends_with("//")) text.remove_suffix(1);
  out.path = text;
  if (text == "/") return out;
  const auto levels = split(text.substr(1), '/');
  if (levels.size() > kMostLevels) return bad("too many components in ServicePath");
  for (const std::string_view level : levels) {
    if (level.empty()) return bad("empty component in ServicePath");
    if (level.size() > kLongest) return bad("component-name too long in ServicePath");
    if (!std::ranges::all_of(level, word)) return bad("a component of ServicePath contains an illegal character");
  }
  return out;
}

}  // namespace

Result<std::string> read_service(std::string_view header) {
  if (header.size() > kLongest) return bad("bad length - a tenant name can be max 50 characters long (length: " + std::to_string(header.size()) + ")");
  if (!std::ranges::all_of(header, word)) return bad("bad character in tenant name - only underscore and alphanumeric characters are allowed");
  return lower_ascii(header);
}

Result<ServicePaths> read_paths(std::string_view header) {
  ServicePaths out;
  if (trim(header).empty()) return out;
  const auto all = split(header, ',');
  if (all.size() > kMostPaths) return bad("too many service paths - a maximum of ten service paths is allowed");
  for (const std::string_view one : all) {
    MACHIYA_TRY(ServicePaths::One read, read_one(trim(one)));
    out.any_of.push_back(std::move(read));
  }
  return out;
}

Result<std::string> read_path(std::string_view header) {
  MACHIYA_TRY(const ServicePaths paths, read_paths(header));
  if (paths.any_of.empty()) return std::string("/");
  if (paths.any_of.size() > 1) return bad("more than one service path in context update request");
  if (paths.any_of[0].below) return bad("Bad service path: '#' cannot be used in a context update request");
  return paths.any_of[0].path;
}

}  // namespace machiya::sense::ngsiv2
