#include "sense/component/sensing.h"

#include <fstream>
#include <sstream>

#include "sense/broker/entity_store.h"
#include "sense/broker/journal_store.h"
#include "sense/ngsild/ngsild.h"

namespace machiya::sense {
namespace {

/// Contexts from files, read anew each time: the store of contexts keeps what was compiled.
class ContextFiles final : public jsonld::ContextLoader {
 public:
  explicit ContextFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  Result<std::string> load(const std::string& url) override {
    const auto it = files_.find(url);
    if (it == files_.end()) return Error(ErrorCode::unavailable, "this context is not fetched: " + url);
    std::ifstream in(it->second, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Error(ErrorCode::unavailable, "the file of this context cannot be read: " + url);
    return text.str();
  }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace

struct Sensing::Inside {
  ContextFiles files;
  Contexts contexts;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<ngsild::Broker> broker;
  explicit Inside(std::map<std::string, std::string> context_files) : files(std::move(context_files)), contexts(&files) {}
};

Sensing::Sensing(std::unique_ptr<Inside> inside) : in_(std::move(inside)) {}
Sensing::~Sensing() = default;

std::vector<store::Migration> Sensing::migrations() { return journal_migrations(); }

Result<std::unique_ptr<Sensing>> Sensing::open(store::Store& store, const Options& options, Clock& clock, Rng& rng) {
  auto inside = std::make_unique<Inside>(options.context_files);
  auto journal = store.engine() == store::Engine::postgres ? open_store_journal(store) : open_file_journal(options.folder);
  if (!journal.ok()) return journal.error();
  MACHIYA_TRY(inside->entities, EntityStore::open(std::move(*journal), clock, rng));
  inside->broker = std::make_unique<ngsild::Broker>(ngsild::Broker{*inside->entities, inside->contexts, clock, rng});
  return std::unique_ptr<Sensing>(new Sensing(std::move(inside)));
}

void Sensing::add_routes(http::Router& router, const std::string& to_read, const std::string& to_write) {
  using namespace ngsild;
  const Routes routes{router, *in_->broker, to_read, to_write};
  for (const auto add : {add_entity_routes, add_attribute_routes, add_batch_routes, add_discovery_routes}) add(routes);
}

Result<std::map<std::string, std::string>> read_context_map(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Error(ErrorCode::invalid_input, "the file cannot be read", path);
  std::map<std::string, std::string> out;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos || line.find("://") > blank) return Error(ErrorCode::invalid_input, "a URL, a blank and a path are expected", path + ":" + std::to_string(number));
    out[line.substr(0, blank)] = line.substr(blank + 1);
  }
  return out;
}

}  // namespace machiya::sense
