#include "platform/pages/assets.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace machiya::pages {
namespace fs = std::filesystem;

namespace {

std::string_view content_type(const std::string& extension) {
  if (extension == ".css") return "text/css; charset=utf-8";
  if (extension == ".js" || extension == ".mjs") return "text/javascript; charset=utf-8";
  if (extension == ".json" || extension == ".geojson") return "application/json; charset=utf-8";
  if (extension == ".svg") return "image/svg+xml; charset=utf-8";
  if (extension == ".png") return "image/png";
  if (extension == ".jpg") return "image/jpeg";
  if (extension == ".ico") return "image/x-icon";
  if (extension == ".woff2") return "font/woff2";
  if (extension == ".webmanifest") return "application/manifest+json";
  return "application/octet-stream";
}

/// FNV-1a, 64 bits: a name for a version, no protection against forgery.
void fold(std::string_view bytes, std::uint64_t& hash) {
  for (unsigned char c : bytes) hash = (hash ^ c) * 1099511628211ULL;
  hash = (hash ^ 0xFF) * 1099511628211ULL;
}

std::string hex(std::uint64_t hash) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, hash >>= 4) out[static_cast<std::size_t>(i)] = digits[hash & 15];
  return out;
}

}  // namespace

struct Assets::Impl {
  std::map<std::string, Asset, std::less<>> files;        // "styles/machiya.css"
  std::map<std::string, std::string, std::less<>> hashes;  // "styles" -> hash of its files
};

Assets::Assets() : impl_(std::make_unique<Impl>()) {}
Assets::~Assets() = default;

Result<std::unique_ptr<Assets>> Assets::load(const std::vector<std::pair<std::string, std::string>>& folders) {
  std::unique_ptr<Assets> out(new Assets());
  auto& files = out->impl_->files;
  for (const auto& [name, folder] : folders) {
    std::error_code failed;
    fs::recursive_directory_iterator it(folder, failed);
    if (failed) return Error(ErrorCode::not_found, folder + ": no such folder of static files");
    for (; it != fs::recursive_directory_iterator(); it.increment(failed)) {
      if (failed) return Error(ErrorCode::not_found, folder + ": cannot be read");
      if (!it->is_regular_file() || it->path().filename().generic_string()[0] == '.') continue;
      std::ifstream in(it->path(), std::ios::binary);
      std::ostringstream body;
      body << in.rdbuf();
      std::string key = name + "/" + it->path().lexically_relative(folder).generic_string();
      files.insert_or_assign(key, Asset{std::string(content_type(it->path().extension().string())), std::move(body).str()});
    }
  }
  std::map<std::string, std::uint64_t> sums;
  for (const auto& [key, asset] : files) {
    std::uint64_t& sum = sums.try_emplace(key.substr(0, key.find('/')), 14695981039346656037ULL).first->second;
    fold(key, sum);
    fold(asset.body, sum);
  }
  for (const auto& [name, sum] : sums) out->impl_->hashes[name] = hex(sum);
  return out;
}

std::optional<std::string> Assets::url(std::string_view name) const {
  if (impl_->files.find(name) == impl_->files.end()) return {};
  return "/static/" + impl_->hashes.find(name.substr(0, name.find('/')))->second + "/" + std::string(name);
}

const Asset* Assets::find(std::string_view path) const {
  std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return nullptr;
  std::string_view name = path.substr(slash + 1);
  auto file = impl_->files.find(name);
  if (file == impl_->files.end()) return nullptr;
  return impl_->hashes.find(name.substr(0, name.find('/')))->second == path.substr(0, slash) ? &file->second : nullptr;
}

std::vector<std::string> Assets::names() const {
  std::vector<std::string> out;
  for (const auto& [name, asset] : impl_->files) out.push_back(name);
  return out;
}

}  // namespace machiya::pages
