#include "city/folder.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "city/near.h"

namespace machiya::city {
namespace {

namespace fs = std::filesystem;

/// Folders that other engines read for themselves.
constexpr std::array kOtherFolders = {"slots", "audiences", "channels", "messages", "outlets", "playlists", "callouts", "menus", "entities", "devices", "forecasts", "maps", "alarms", "dashboards", "pages", "data", "media"};
constexpr std::array kBaseFiles = {"city.yaml", "wards.yaml", "departments.yaml", "policy.yaml", "calendar.yaml"};

struct Entry {
  std::string name;
  bool folder = false;
};

class Walker {
 public:
  Walker(const std::string& root, const std::vector<Kind>& kinds) : root_(root), kinds_(kinds) {}

  FolderList run() {
    for (const Entry& entry : entries("")) {
      if (!entry.folder) base_file(entry.name);
      else if (is_field(entry.name)) field(entry.name);
      else contents(entry.name, entry.name, SIZE_MAX);
    }
    return std::move(list_);
  }

 private:
  void fault(const std::string& file, std::string ja, std::string en) {
    list_.faults.push_back({Severity::error, file, 0, 0, std::move(ja), std::move(en)});
  }
  std::vector<Entry> entries(const std::string& folder) {
    std::vector<Entry> out;
    std::error_code error;
    fs::directory_iterator it(fs::path(root_) / folder, error);
    if (error) {
      fault(folder.empty() ? root_ : folder, "フォルダーを読めません", "the folder cannot be read");
      return out;
    }
    for (; it != fs::directory_iterator(); it.increment(error)) {
      if (error) break;
      const std::string name = it->path().filename().string();
      if (name.empty() || name[0] == '.' || name.back() == '~') continue;
      std::error_code ignored;
      out.push_back({name, it->is_directory(ignored)});
    }
    std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return out;
  }
  static bool is_field(const std::string& name) {
    return name.size() > 3 && name[0] >= '0' && name[0] <= '9' && name[1] >= '0' && name[1] <= '9' && name[2] == '-';
  }
  static bool ends_with(const std::string& name, std::string_view end) {
    return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  }
  void base_file(const std::string& name) {
    if (std::find(kBaseFiles.begin(), kBaseFiles.end(), name) != kBaseFiles.end()) return;
    stray_file(name, name);
  }
  /// A file that is read by nobody is a fault when it looks as if it were meant to be read.
  void stray_file(const std::string& path, const std::string& name) {
    if (ends_with(name, ".yml")) fault(path, "拡張子は .yaml にしてください", "the extension must be .yaml");
    else if (ends_with(name, ".yaml")) fault(path, "ここに置く定義ファイルではありません", "no definition file of this name belongs here");
  }
  void field(const std::string& name) {
    FieldFolder& field = list_.fields.emplace_back();
    field.folder = name;
    for (const Entry& entry : entries(name)) {
      const std::string path = name + "/" + entry.name;
      if (entry.folder) room(name, path);
      else if (entry.name == "field.yaml") field.has_file = true;
      else stray_file(path, entry.name);
    }
    if (!field.has_file) fault(name, "field.yaml がありません", "field.yaml is missing");
  }
  void room(const std::string& field, const std::string& folder) {
    const std::size_t index = list_.rooms.size();
    list_.rooms.push_back({field, folder});
    bool has_file = false;
    for (const Entry& entry : entries(folder)) {
      const std::string path = folder + "/" + entry.name;
      if (entry.folder) contents(path, entry.name, index);
      else if (entry.name == "room.yaml") has_file = true;
      else stray_file(path, entry.name);
    }
    if (has_file) return;
    fault(folder, "room.yaml がありません", "room.yaml is missing");
    list_.rooms.pop_back();
  }
  /// A folder of one kind of definition.
  void contents(const std::string& folder, const std::string& name, std::size_t room) {
    if (name == "blocks" && room == SIZE_MAX) yaml_files(folder, [&](const std::string& path) { list_.blocks.push_back(path); });
    std::vector<int> here;
    for (std::size_t k = 0; k < kinds_.size(); ++k)
      if (kinds_[k].folder == name) here.push_back(static_cast<int>(k));
    if (!here.empty()) {
      yaml_files(folder, [&](const std::string& path) { list_.definitions.push_back({path, kind_of(path, here), room}); });
      return;
    }
    const std::vector<std::string> known = known_folders();
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = nearest(name, known);
    if (near.empty()) fault(folder, "知らないフォルダーです", "unknown folder");
    else fault(folder, "「" + name + "」というフォルダーはありません。「" + near + "」の誤りではありませんか", "unknown folder \"" + name + "\"; did you mean \"" + near + "\"?");
  }
  /// Of the kinds of a folder the one whose name is a key at the head of the file; the first when there is none.
  int kind_of(const std::string& path, const std::vector<int>& kinds) const {
    std::string text;
    if (kinds.size() == 1 || !read_text_file((fs::path(root_) / path).string(), text)) return kinds.front();
    for (const int kind : kinds) {
      const std::string key = kinds_[static_cast<std::size_t>(kind)].name + ":";
      if (text.compare(0, key.size(), key) == 0 || text.find("\n" + key) != std::string::npos) return kind;
    }
    return kinds.front();
  }
  std::vector<std::string> known_folders() const {
    std::vector<std::string> known(kOtherFolders.begin(), kOtherFolders.end());
    known.insert(known.end(), {"forms", "workflows", "decisions", "registers", "scenarios", "blocks", "sign_in", "guidelines"});
    for (const Kind& kind : kinds_) known.push_back(kind.folder);
    return known;
  }
  template <class F>
  void yaml_files(const std::string& folder, F use) {
    for (const Entry& entry : entries(folder)) {
      const std::string path = folder + "/" + entry.name;
      if (entry.folder) fault(path, "ここにフォルダーは置けません", "no folder is allowed here");
      else if (ends_with(entry.name, ".yaml")) use(path);
      else stray_file(path, entry.name);
    }
  }

  const std::string& root_;
  const std::vector<Kind>& kinds_;
  FolderList list_;
};

}  // namespace

FolderList list_folder(const std::string& folder, const std::vector<Kind>& kinds) { return Walker(folder, kinds).run(); }

bool read_text_file(const std::string& path, std::string& out) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  if (size < 0 || size > 64 * 1024 * 1024) return false;
  out.resize(static_cast<std::size_t>(size));
  in.seekg(0);
  in.read(out.data(), size);
  return in.gcount() == size;
}

}  // namespace machiya::city
