// How load() goes about it: base files, rooms, blocks, then the definitions kind by kind, then what they say of each other.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "city/city.h"
#include "city/folder.h"
#include "city/reader.h"
#include "city/schema.h"

namespace machiya::city {

class Loader {
 public:
  Loader(const std::string& folder, const std::vector<Kind>& kinds, const LoadOptions& options);
  LoadReport run();

 private:
  /// A schema with its hash (part of the cache key).
  struct Compiled {
    std::shared_ptr<const Schema> schema;
    std::string hash;
  };
  /// What became of one definition file.
  struct Outcome {
    Loaded loaded;
    bool compiled = false;
    std::string id;                       ///< also when it was not compiled
    std::vector<Reference> references;
    std::shared_ptr<const Schema> keep;   ///< the references point into it
    json::Value facts;
    std::vector<Fault> faults;
  };

  const Compiled* schema(const std::string& name, const std::string& text);
  void fault(const std::string& file, std::string ja, std::string en);
  void fault_at(const std::string& file, const std::string& pointer, std::string ja, std::string en);
  /// A file with one schema of this house; null when it has faults or is not there.
  void keep_facts(const std::string& file, const json::Value& facts);
  std::unique_ptr<json::Value> base_file(const std::string& path, const std::string& schema_name, bool required);

  void read_base();
  void read_wards();
  /// Purposes that are named but not there, and personal permissions of a role that no purpose of it is for.
  void check_policy(const json::Value& policy);
  void read_departments();
  void read_rooms();
  void read_room(const RoomFolder& folder, const std::map<std::string, Text>& fields);
  void read_blocks();
  void read_kind(std::size_t kind);
  Outcome read_definition(const DefinitionFile& file, const Compiled& compiled, bool answers) const;
  std::string head_id(const Reading& reading, const DefinitionFile& file, std::vector<Fault>& faults) const;
  void keep(std::vector<Outcome> outcomes, const Kind& kind);
  void check_references();
  void check_references_of(const std::string& file, const std::vector<Reference>& references);
  void link();

  const std::string folder_;
  const std::vector<Kind>& kinds_;
  const LoadOptions options_;
  Reader reader_;
  FolderList list_;
  std::shared_ptr<City> city_ = std::make_shared<City>();
  std::vector<Fault> faults_;
  std::map<std::string, Compiled> schemas_;
  std::map<std::string, std::set<std::string>> known_;   ///< ids by kind, broken definitions included
  struct FileReferences {
    std::string file;
    std::vector<Reference> references;
    std::shared_ptr<const Schema> keep;
  };
  std::vector<FileReferences> references_;
};

}  // namespace machiya::city
