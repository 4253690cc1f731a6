// The city: one folder of definitions, loaded as a whole, checked as a whole, replaced as a whole. A broken folder never
// replaces a good one.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace machiya::city {

/// A text in several languages. Japanese is authoritative.
class Text {
 public:
  Text() = default;
  /// A string (Japanese) or a map by language, in the JSON form of a definition.
  explicit Text(const json::Value& value);
  /// A text that another reader took apart already.
  explicit Text(std::vector<std::pair<std::string, std::string>> by_language) : by_language_(std::move(by_language)) {}
  /// Fallback: ja-easy -> ja; others -> en -> ja.
  const std::string& in(std::string_view lang) const { return found(lang).second; }
  /// The language of what in() gives, for the lang attribute of a text that fell back.
  const std::string& shown_in(std::string_view lang) const { return found(lang).first; }
  bool has(std::string_view lang) const;
  bool empty() const { return by_language_.empty(); }
  /// Every language that is there, as written.
  const std::vector<std::pair<std::string, std::string>>& all() const { return by_language_; }

 private:
  const std::pair<std::string, std::string>& found(std::string_view lang) const;

  std::vector<std::pair<std::string, std::string>> by_language_;
};

struct Ward {
  std::string id;         ///< "kita"
  std::string code;       ///< JIS X 0402, five digits
  Text name;
  std::string kana;
  double lat = 0, lon = 0;   ///< centroid, WGS84
  std::int64_t population = 0;
};
struct Department {
  std::string id;
  Text name;
  std::string contact;
};
/// One initiative of the programme, as published by the city (大阪市スマートシティの取組状況).
struct Room {
  int number = 0;
  std::string field;            ///< folder of the field, "01-life"
  std::string folder;           ///< "01-life/online-procedures"
  Text field_name;
  Text name;
  std::string status;           ///< ●, ▲ or ●▲ as published
  bool service = false, city = false, administration = false;   ///< the three viewpoints
  std::string strategy;
  std::string page;
  std::string owner;
};

/// What an engine makes of a definition. Immutable.
class Definition {
 public:
  virtual ~Definition() = default;
};

/// Where a definition came from.
struct Source {
  std::string kind;      ///< "procedure"
  std::string id;
  int version = 1;
  int initiative = 0;    ///< 0 outside rooms
  std::string file;      ///< relative to the city folder
  std::string hash;      ///< of the canonical JSON
};

class City;

/// A kind of definition, contributed by the engine that runs it (an explicit list in app). `compile` sees one definition;
/// `link` runs when all are compiled and checks references between them. Both report every fault they can find.
/// Kinds are compiled in the order of the list (decision, block, workflow, procedure, scenario), the definitions of one
/// kind on several threads: `compile` must not touch shared state. A kind that needs earlier ones sets `compile_with`,
/// which is used instead of `compile` and sees the city as far as it is read.
struct Kind {
  std::string name;         ///< "procedure"; also the key that holds the id at the head of the file
  std::string folder;       ///< "forms"
  std::string schema;       ///< JSON Schema (the subset of schema.h) as text
  std::function<std::shared_ptr<const Definition>(const json::Value& body, const Source& source, Diagnostics& faults)> compile;
  std::function<void(const City& city, const Source& source, const Definition& definition, Diagnostics& faults)> link;
  std::function<std::shared_ptr<const Definition>(const json::Value& body, const Source& source, const City& earlier, Diagnostics& faults)> compile_with;
};

struct Loaded {
  Source source;
  std::shared_ptr<const Definition> definition;
  std::shared_ptr<const std::string> canonical;   ///< canonical JSON, blocks inlined; never null in a loaded city
};

/// An immutable snapshot.
class City {
 public:
  const std::string& id() const { return id_; }
  const Text& name() const { return name_; }
  const std::vector<Ward>& wards() const { return wards_; }
  const Ward* ward(std::string_view id_or_code) const;
  const std::vector<Department>& departments() const { return departments_; }
  const Department* department(std::string_view id) const;
  const std::vector<Room>& rooms() const { return rooms_; }   ///< by initiative number
  const json::Value& policy() const { return policy_; }        ///< roles
  const json::Value& settings() const { return settings_; }    ///< city.yaml
  /// What the rules rest on: [{file, fact, source, status}] of every file, in the order of files.
  const json::Value& facts() const { return facts_; }
  std::uint64_t revision() const { return revision_; }

  const Loaded* find(std::string_view kind, std::string_view id) const;
  std::vector<const Loaded*> all(std::string_view kind) const;   ///< by file name
  template <class T>
  const T* get(std::string_view kind, std::string_view id) const {
    const Loaded* found = find(kind, id);
    return found ? dynamic_cast<const T*>(found->definition.get()) : nullptr;
  }

 private:
  friend class Loader;
  std::string id_;
  Text name_;
  std::vector<Ward> wards_;
  std::vector<Department> departments_;
  std::vector<Room> rooms_;
  json::Value policy_, settings_, facts_;
  std::map<std::string, std::map<std::string, Loaded, std::less<>>, std::less<>> kinds_;
  std::uint64_t revision_ = 0;
};

/// One fault of the folder, ready to print as "file:line:column: …".
struct Fault {
  Severity severity = Severity::error;
  std::string file;
  int line = 0, column = 0;
  std::string ja, en;
};
struct LoadReport {
  std::shared_ptr<const City> city;   ///< null when there is any error
  std::vector<Fault> faults;
  int files = 0;
};
struct LoadOptions {
  std::string cache_folder;     ///< canonical JSON of faultless files by content hash ("var/cache/city"); "" for none
  int threads = 2;
  bool lint = false;            ///< also report warnings on style: missing translations, questions never asked …
  std::uint64_t revision = 1;   ///< of the snapshot
};
/// Reads and checks the whole folder. Never throws, never half-loads.
LoadReport load(const std::string& folder, const std::vector<Kind>& kinds, const LoadOptions& options = {});
/// "forms/a.yaml:3:7: error: 日本語 / English"
std::string to_line(const Fault& fault);

/// The city in force. Thread-safe.
class Holder {
 public:
  Holder(std::string folder, std::vector<Kind> kinds, LoadOptions options = {});
  /// Null until the first reload() that finds no error.
  std::shared_ptr<const City> current() const;
  /// Loads again; keeps the old city when the new one has errors.
  LoadReport reload();
  void on_change(std::function<void(const std::shared_ptr<const City>&)> listener);
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
  std::vector<Kind> kinds_;
  LoadOptions options_;
  std::mutex reload_mutex_;      ///< one reload at a time; readers never wait for it
  mutable std::mutex mutex_;
  std::shared_ptr<const City> city_;
  std::vector<std::function<void(const std::shared_ptr<const City>&)>> listeners_;
};

}  // namespace machiya::city
